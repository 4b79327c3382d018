"""The `evergreen` command: ordinary AWS API calls, so it works on AWS and on the laptop cloud alike."""
