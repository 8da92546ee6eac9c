"""The functions' network: none, subnets of your VPC, or a new VPC."""
