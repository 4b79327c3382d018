"""The laptop cloud: moto in one process, plus what moto lacks to run the synthesized template unedited."""
