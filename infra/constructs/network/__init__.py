"""Where the functions run: outside of a VPC, in yours, or in one of their own."""
