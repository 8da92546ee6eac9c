"""The CDK application: `cdk synth`, or `CDK_OUTDIR=cdk.out python app.py` where there is no CDK command line."""

from infra.application import ChecksFailed, synthesize
from infra.settings.settings import SettingsError

if __name__ == "__main__":
    try:
        synthesize()
    except (SettingsError, ChecksFailed) as error:
        raise SystemExit(str(error)) from None
