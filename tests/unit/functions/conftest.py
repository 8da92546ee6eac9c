"""What Lambda gives every function."""

from tests.support import lambda_fixtures

environment, context = lambda_fixtures.environment, lambda_fixtures.context
