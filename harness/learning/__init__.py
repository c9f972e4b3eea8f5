"""One trial: networks, losses, metrics and the training that drives them. This wing knows no search file, no Optuna, no Ray."""
