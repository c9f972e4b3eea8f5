"""The search: space, study, confirmation and the two backends. The only wing that knows Optuna."""
