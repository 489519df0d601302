FROZEN = 4  # lowest layers, which do not learn; nor do the embeddings
