"""The CDK constructs, one per capability."""
