"""What the runbook names of the deployment is there."""

import re
from pathlib import Path

from infra.settings import context_file
from tests.support.contexts import MODES, ROOT
from tests.support.runbook import each_page
from tests.support.synthesis import synthesize_stack


@each_page
def test_outputs_targets_and_modules_that_it_names_are_there(page: Path) -> None:
    text = page.read_text()
    outputs = synthesize_stack(**MODES["new"]).outputs
    assert set(re.findall(r"\$\(output (\w+)\)|outputs? `(\w+)`", text)) <= {
        pair for name in outputs for pair in ((name, ""), ("", name))
    }
    makefile = (ROOT / "Makefile").read_text()
    assert [target for target in re.findall(r"^make ([a-z-]+)", text, re.M) if f"\n{target}:" not in makefile] == []
    context = context_file.read()
    keys = re.findall(r"context keys? `(\w+)`", text)
    assert [key for key in keys if key not in context] == []
