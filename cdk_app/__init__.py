"""The CDK app: what `cdk deploy` provisions and the laptop cloud runs."""
