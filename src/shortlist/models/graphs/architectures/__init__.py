"""The architectures that run here, one a file, by the names that config.json gives them."""

from shortlist.models.graphs.architectures.bert import BERT
from shortlist.models.graphs.architectures.deberta import DEBERTA
from shortlist.models.graphs.architectures.distilbert import DISTILBERT
from shortlist.models.graphs.architectures.electra import ELECTRA
from shortlist.models.graphs.architectures.modernbert import MODERNBERT
from shortlist.models.graphs.architectures.mpnet import MPNET
from shortlist.models.graphs.architectures.roberta import ROBERTA

ARCHITECTURES = {
    name: each for each in (BERT, DEBERTA, DISTILBERT, ELECTRA, MODERNBERT, MPNET, ROBERTA) for name in each.model_types
}

__all__ = ["ARCHITECTURES"]
