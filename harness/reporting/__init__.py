"""What people look at: tables, ranks, TensorBoard, the live view. This wing knows neither Ray nor Optuna nor a network."""
