"""From text to numbers: TF-IDF over words and over character n-grams, side by side.

Terms are hashed into columns instead of being numbered by a vocabulary: a saved vocabulary of 50,000
terms takes seconds to load, a hash takes none. A hundred thousand n-grams in a million columns share
a column only now and then, and which column an n-gram has can always be computed from its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import FeatureUnion

WORD_COLUMNS = 2**18
CHARACTER_COLUMNS = 2**20


def tfidf_union(
    word_ngrams: tuple[int, int] = (1, 2), character_ngrams: tuple[int, int] = (3, 6)
) -> FeatureUnion:
    """The unfitted features: texts to a sparse array of shape (n_samples, 2**18 + 2**20).

    `word_ngrams` and `character_ngrams` are the shortest and longest n-gram, in words and in
    characters (within one word, its edges marked by a blank). Each half of a row has L2 norm 1, or
    0 where the text has no such n-gram.
    """
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.pipeline import FeatureUnion, Pipeline

    words = HashingVectorizer(
        analyzer="word",
        ngram_range=word_ngrams,
        n_features=WORD_COLUMNS,
        alternate_sign=False,
        norm=None,
    )
    characters = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=character_ngrams,
        n_features=CHARACTER_COLUMNS,
        alternate_sign=False,
        norm=None,
    )
    return FeatureUnion(
        [
            (name, Pipeline([("hash", hashing), ("tfidf", TfidfTransformer(sublinear_tf=True))]))
            for name, hashing in (("words", words), ("characters", characters))
        ]
    )
