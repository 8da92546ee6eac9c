"""The laptop cloud as a whole: up, deploy, down."""
