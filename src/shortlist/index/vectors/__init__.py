"""`vectors/`: the nearest chunks by cosine, exactly or, in large indexes, nearly so."""
