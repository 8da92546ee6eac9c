"""The functions' deployment packages, and the pinned CDK command line."""
