"""The encoder's training text: packages of the registries, cut into passages with what asks for them."""
