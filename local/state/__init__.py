"""A directory in which what was published outlives the cloud.

Kept are the objects of every bucket, with all their versions, the items of every table, one-time schedules, the model
packages, the endpoints that answer, and MLflow's runs, in a database of its own. Not kept are messages in
queues, the history of Step Functions executions, alarms' states, metrics, logs, and tags and ACLs of objects.
A snapshot is taken soon after each change, so that even SIGKILL loses seconds at most; it survives the end of the
process, not a power cut.
"""

from local.state.directory import StateDirectory as StateDirectory
