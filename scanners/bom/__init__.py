"""The bill of materials of a model, and the register of models: what a model is made of, and what is made of it."""
