"""The tensors of a model of each architecture, named and shaped as transformers has them."""

from __future__ import annotations

from typing import Any, TypeAlias

Config: TypeAlias = dict[str, Any]
Shapes: TypeAlias = dict[str, tuple[int, ...]]


def shapes(config: Config) -> Shapes:
    """The tensors of a model of this configuration, named as transformers names them."""
    family, head = config["model_type"], has_head(config)
    if family in ("deberta-v2", "modernbert"):
        return (_deberta if family == "deberta-v2" else _modernbert)(config)
    sizes = (("hidden_size", "dim"), ("intermediate_size", "hidden_dim"), ("num_hidden_layers", "n_layers"))
    hidden, wide, layers = (int(config[name] if name in config else config[own]) for name, own in sizes)
    width = int(config.get("embedding_size", hidden))
    labels = len(config["id2label"])
    trunk: Shapes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], width),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], width),
        **_norm("embeddings.LayerNorm", width),
    }
    if family not in ("distilbert", "mpnet"):
        trunk["embeddings.token_type_embeddings.weight"] = (config["type_vocab_size"], width)
    if width != hidden:
        trunk |= _linear("embeddings_project", width, hidden)
    for i in range(layers):
        trunk |= {"distilbert": _distilbert_layer, "mpnet": _mpnet_layer}.get(family, _bert_layer)(i, hidden, wide)
    if family == "mpnet":
        trunk["encoder.relative_attention_bias.weight"] = (32, config["num_attention_heads"])
    prefix = f"{family.removeprefix('xlm-')}." if head else ""
    tensors = {prefix + name: shape for name, shape in trunk.items()}
    if family == "bert":
        tensors |= _linear(f"{prefix}pooler.dense", hidden, hidden)
    if head:
        first, last = {
            "bert": (None, "classifier"),
            "distilbert": ("pre_classifier", "classifier"),
        }.get(family, ("classifier.dense", "classifier.out_proj"))
        if first:
            tensors |= _linear(first, hidden, hidden)
        tensors |= _linear(last, hidden, labels)
    return tensors


def has_head(config: Config) -> bool:
    """Whether the model is a cross-encoder."""
    return config["architectures"][0].endswith("ForSequenceClassification")


def _linear(name: str, inputs: int, outputs: int, *, bias: bool = True) -> Shapes:
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def _norm(name: str, width: int, *, bias: bool = True) -> Shapes:
    return {f"{name}.weight": (width,)} | ({f"{name}.bias": (width,)} if bias else {})


def _bert_layer(i: int, hidden: int, wide: int) -> Shapes:
    place = f"encoder.layer.{i}"
    return {
        **_linear(f"{place}.attention.self.query", hidden, hidden),
        **_linear(f"{place}.attention.self.key", hidden, hidden),
        **_linear(f"{place}.attention.self.value", hidden, hidden),
        **_linear(f"{place}.attention.output.dense", hidden, hidden),
        **_norm(f"{place}.attention.output.LayerNorm", hidden),
        **_linear(f"{place}.intermediate.dense", hidden, wide),
        **_linear(f"{place}.output.dense", wide, hidden),
        **_norm(f"{place}.output.LayerNorm", hidden),
    }


def _mpnet_layer(i: int, hidden: int, wide: int) -> Shapes:
    renamed = {f"self.{name}": f"attn.{name[0]}" for name in ("query", "key", "value")}
    renamed |= {"attention.output.dense": "attention.attn.o", "attention.output.LayerNorm": "attention.LayerNorm"}
    layer = _bert_layer(i, hidden, wide)
    for bert, own in renamed.items():
        layer = {name.replace(bert, own): shape for name, shape in layer.items()}
    return layer


def _distilbert_layer(i: int, hidden: int, wide: int) -> Shapes:
    place = f"transformer.layer.{i}"
    return {
        **_linear(f"{place}.attention.q_lin", hidden, hidden),
        **_linear(f"{place}.attention.k_lin", hidden, hidden),
        **_linear(f"{place}.attention.v_lin", hidden, hidden),
        **_linear(f"{place}.attention.out_lin", hidden, hidden),
        **_norm(f"{place}.sa_layer_norm", hidden),
        **_linear(f"{place}.ffn.lin1", hidden, wide),
        **_linear(f"{place}.ffn.lin2", wide, hidden),
        **_norm(f"{place}.output_layer_norm", hidden),
    }


def _deberta(config: Config) -> Shapes:
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    width = int(config.get("embedding_size", hidden))
    trunk: Shapes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], width),
        **_norm("embeddings.LayerNorm", hidden),
    }
    if config["position_biased_input"]:
        trunk["embeddings.position_embeddings.weight"] = (config["max_position_embeddings"], width)
    if config["type_vocab_size"]:
        trunk["embeddings.token_type_embeddings.weight"] = (config["type_vocab_size"], width)
    if width != hidden:
        trunk |= _linear("embeddings.embed_proj", width, hidden, bias=False)
    for i in range(config["num_hidden_layers"]):
        trunk |= _deberta_layer(config, i, hidden, wide)
    if config["relative_attention"]:
        named = config["max_relative_positions"]
        longest = named if named > 0 else config["max_position_embeddings"]
        buckets = config.get("position_buckets", -1)
        trunk["encoder.rel_embeddings.weight"] = (2 * (buckets if buckets > 0 else longest), hidden)
    if "layer_norm" in config.get("norm_rel_ebd", ""):
        trunk |= _norm("encoder.LayerNorm", hidden)
    if not has_head(config):
        return trunk
    tensors = {f"deberta.{name}": shape for name, shape in trunk.items()}
    return tensors | _linear("pooler.dense", hidden, hidden) | _linear("classifier", hidden, len(config["id2label"]))


def _deberta_layer(config: Config, i: int, hidden: int, wide: int) -> Shapes:
    place = f"encoder.layer.{i}.attention.self"
    layer = {
        name.replace("query.", "query_proj.").replace("key.", "key_proj.").replace("value.", "value_proj."): shape
        for name, shape in _bert_layer(i, hidden, wide).items()
    }
    if config["relative_attention"] and not config.get("share_att_key"):
        for term, name in (("c2p", "pos_key_proj"), ("p2c", "pos_query_proj")):
            if term in config["pos_att_type"]:
                layer |= _linear(f"{place}.{name}", hidden, hidden)
    return layer


def _modernbert(config: Config) -> Shapes:
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    norms, attention, products = (bool(config.get(f"{part}_bias")) for part in ("norm", "attention", "mlp"))
    trunk: Shapes = {
        "embeddings.tok_embeddings.weight": (config["vocab_size"], hidden),
        **_norm("embeddings.norm", hidden, bias=norms),
    }
    for i in range(config["num_hidden_layers"]):
        place = f"layers.{i}"
        if i > 0:
            trunk |= _norm(f"{place}.attn_norm", hidden, bias=norms)
        trunk |= _linear(f"{place}.attn.Wqkv", hidden, 3 * hidden, bias=attention)
        trunk |= _linear(f"{place}.attn.Wo", hidden, hidden, bias=attention)
        trunk |= _norm(f"{place}.mlp_norm", hidden, bias=norms)
        trunk |= _linear(f"{place}.mlp.Wi", hidden, 2 * wide, bias=products)
        trunk |= _linear(f"{place}.mlp.Wo", wide, hidden, bias=products)
    trunk |= _norm("final_norm", hidden, bias=norms)
    if not has_head(config):
        return trunk
    tensors = {f"model.{name}": shape for name, shape in trunk.items()}
    tensors |= _linear("head.dense", hidden, hidden, bias=bool(config.get("classifier_bias")))
    tensors |= _norm("head.norm", hidden, bias=norms)
    return tensors | _linear("classifier", hidden, len(config["id2label"]))
