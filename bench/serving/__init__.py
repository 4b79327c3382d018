"""Our server beside raw XGBoost and what else serves such models, in one run."""
