"""The context of cdk.json, read and validated."""
