/* From text to probabilities, one text after the other: what scorer.py does without a compiler, faster.

     kernel = prepare(slots, rows, vocabulary, intercepts, word_columns, longest_words, shortest, longest)
     score(kernel, texts, out)

   slots          int32 for each column: its row in `rows`; columns of words first, each with the row of
                  its own number, then those of characters
   rows           an idf (double) and a weight for each topic (4 floats)
   vocabulary     words in UTF-8, a line feed behind each
   intercepts     4 doubles
   word_columns   how many of the columns are for words; the rest are for characters; powers of two
   longest_words  words in the longest word n-gram, 1 or 2
   shortest, longest  characters in the shortest and longest character n-gram
   texts          a list of n str in lower case
   out            n times 5 doubles, written: the probabilities, and the coverage (coverage.py)

   What is reproduced is scikit-learn's HashingVectorizer (words, and char_wb), TfidfTransformer
   (sublinear, each half of norm 1) and the logistic regressions. Dutch repeats its tokens: the n-grams
   of a token, and what they add up to if no other n-gram of the text shares a column with them, are
   worked out once and remembered. Then a text costs a sum over its tokens, and a correction for each
   column that two of its tokens share. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define TOPICS 4
#define WIDTH (TOPICS + 1)
#define SHORTEST_PART 4 /* of a compound, in characters */
#define LONGEST_WORD 60 /* characters of one in the vocabulary */
#define REMEMBERED (1u << 17) /* tokens, and so many more than a text may have; beyond, all are forgotten */
#define REMEMBERED_BYTES (1u << 26)

typedef struct {
    double idf;
    float weights[TOPICS];
} Row;

/* What n-grams add up to: the squared length, and the weights before the length divides them. */
typedef struct {
    double squares, sums[TOPICS];
} Total;

typedef struct {
    uint32_t start, size; /* in the bytes of the token */
    uint32_t column;
} Word;

/* A token in memory. Behind it, without a gap that matters: its bytes (blank, token, blank, in UTF-8), the
   columns of its character n-grams, its words. All lies together, as it is far away most of the time. */
typedef struct {
    uint64_t hash;
    Total total;      /* of the character n-grams, each counted once */
    uint32_t text;    /* the last text it stood in, */
    uint32_t count;   /* how often */
    uint32_t size, n_columns, n_words;
    uint32_t n_counted, n_known; /* of the words, those that are no numbers; and of these, those known */
    uint32_t repeats; /* whether one n-gram stands in the token twice; then `total` is of no use */
} Token;

/* A token of the text at hand. */
typedef struct {
    Py_ssize_t from;           /* in the text */
    size_t characters;         /* between the blanks */
    size_t bytes, size;        /* in `encoded` */
    uint64_t hash;
    size_t token;              /* in memory */
} Span;

/* A piece of memory that grows. */
typedef struct {
    char *data;
    size_t used, size;
} Arena;

/* Columns of one text with their counts: open addressing. Entries of other texts count as free. */
typedef struct {
    uint32_t column, text, count;
} Cell;

typedef struct {
    Cell *cells;
    size_t size, used; /* size is a power of two */
} Counts;

typedef struct {
    Py_buffer slots_buffer, rows_buffer, vocabulary;
    const int32_t *slots;
    const Row *rows;
    size_t n_rows;
    double intercepts[TOPICS];
    uint32_t word_columns, character_columns;
    size_t longest_words, shortest, longest;
    uint32_t *known; /* where words begin in `vocabulary`, plus 1, by hash; a power of two of them */
    size_t n_known;
    double tf[64]; /* 1 + log(count) */
    uint32_t text;  /* the number of the text at hand */
    Counts words, characters;
    Arena memory;     /* tokens, one behind the other */
    size_t n_tokens;
    uint32_t *places; /* of tokens in memory, in steps of 8 bytes, plus 1, by hash; 2 * REMEMBERED of them */
    Arena spans, distinct, encoded, pair, ngrams; /* of the text at hand */
    Arena bounds, columns, words_of_token;        /* of the token at hand, */
    uint32_t counted_of_token, known_of_token;    /* too */
} Kernel;

/* Memory ---------------------------------------------------------------------------------------- */

/* Room for `size` more bytes at the end of `arena`; NULL where there is none. Moves what is there. */
static void *extend(Arena *arena, size_t size)
{
    if (arena->used + size > arena->size) {
        size_t wanted = (arena->used + size) * 2;
        char *data = PyMem_RawRealloc(arena->data, wanted);
        if (data == NULL)
            return NULL;
        arena->data = data;
        arena->size = wanted;
    }
    arena->used += size;
    return arena->data + arena->used - size;
}

static int grow(Counts *counts, uint32_t text)
{
    Counts larger = {.size = counts->size ? counts->size * 2 : 2048, .used = counts->used};
    larger.cells = PyMem_RawCalloc(larger.size, sizeof(Cell));
    if (larger.cells == NULL)
        return -1;
    for (size_t i = 0; i < counts->size; i++) {
        Cell cell = counts->cells[i];
        if (cell.text != text)
            continue;
        size_t at = cell.column * 0x9e3779b1u & (larger.size - 1);
        while (larger.cells[at].text == text)
            at = (at + 1) & (larger.size - 1);
        larger.cells[at] = cell;
    }
    PyMem_RawFree(counts->cells);
    *counts = larger;
    return 0;
}

/* The cell of `column` in this text, of count 0 where it is new; NULL where there is no memory. */
static inline Cell *find(Counts *counts, uint32_t text, uint32_t column)
{
    if (counts->used * 2 >= counts->size && grow(counts, text) < 0)
        return NULL;
    size_t at = column * 0x9e3779b1u & (counts->size - 1);
    while (counts->cells[at].text == text && counts->cells[at].column != column)
        at = (at + 1) & (counts->size - 1);
    Cell *cell = counts->cells + at;
    if (cell->text != text) {
        *cell = (Cell){column, text, 0};
        counts->used++;
    }
    return cell;
}

/* Hashing --------------------------------------------------------------------------------------- */

static inline uint32_t rotate(uint32_t x, int bits) { return (x << bits) | (x >> (32 - bits)); }

static inline uint32_t mixed(uint32_t k) { return rotate(k * 0xcc9e2d51u, 15) * 0x1b873593u; }

/* A. Appleby's MurmurHash3_x86_32 with seed 0. */
static uint32_t murmur(const char *data, size_t size)
{
    const unsigned char *p = (const unsigned char *)data;
    uint32_t h = 0, k = 0;
    size_t left = size;
    for (; left >= 4; left -= 4, p += 4) {
        k = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        h = rotate(h ^ mixed(k), 13) * 5 + 0xe6546b64u;
    }
    for (k = 0; left; left--)
        k = k << 8 | p[left - 1];
    h ^= mixed(k) ^ (uint32_t)size; /* mixed(0) is 0 */
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

/* The absolute value of the hash as a signed number, modulo the number of columns. */
static inline uint32_t to_column(uint32_t hash, uint32_t columns)
{
    return (hash & 0x80000000u ? 0u - hash : hash) & (columns - 1);
}

static uint64_t token_hash(const char *data, size_t size)
{
    uint64_t h = size;
    for (; size >= 8; size -= 8, data += 8) {
        uint64_t k;
        memcpy(&k, data, 8);
        h = (h ^ k) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    for (; size; size--, data++)
        h = (h ^ (unsigned char)*data) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

/* Sums ------------------------------------------------------------------------------------------ */

static inline double tf(const Kernel *kernel, uint32_t count)
{
    return count < 64 ? kernel->tf[count] : 1 + log(count);
}

static inline const Row *character_row(const Kernel *kernel, uint32_t column)
{
    return kernel->rows + kernel->slots[kernel->word_columns + column];
}

/* Add an n-gram to `total` as one of tf `now`, whose former values `before` and `apart` are in it. */
static inline void add(Total *total, const Row *row, double now, double before, double apart)
{
    double idf = row->idf, value = (now - before - apart) * idf;
    total->squares += (now * now - before * before - apart * apart) * idf * idf;
    for (int topic = 0; topic < TOPICS; topic++)
        total->sums[topic] += value * row->weights[topic];
}

static inline const char *bytes_of(const Token *token) { return (const char *)(token + 1); }

static inline const uint32_t *columns_of(const Token *token)
{
    return (const uint32_t *)(bytes_of(token) + ((token->size + 3) & ~3u));
}

static inline const Word *words_of(const Token *token) { return (const Word *)(columns_of(token) + token->n_columns); }

/* Count the n-gram of `column` `times` more in `total`. */
static int count(const Kernel *kernel, Counts *counts, Total *total, uint32_t column, const Row *row, uint32_t times)
{
    Cell *cell = find(counts, kernel->text, column);
    if (cell == NULL)
        return -1;
    add(total, row, tf(kernel, cell->count + times), tf(kernel, cell->count), 0);
    cell->count += times;
    return 0;
}

/* Count all n-grams of a token that stands `token->count` times in the text. */
static int count_token(Kernel *kernel, const Token *token, Total *total)
{
    const uint32_t *columns = columns_of(token);
    uint32_t times = token->count;
    if (token->repeats) {
        for (size_t i = 0; i < token->n_columns; i++)
            if (count(kernel, &kernel->characters, total, columns[i], character_row(kernel, columns[i]), times) < 0)
                return -1;
        return 0;
    }
    double apart = tf(kernel, times);
    total->squares += apart * apart * token->total.squares;
    for (int topic = 0; topic < TOPICS; topic++)
        total->sums[topic] += apart * token->total.sums[topic];
    for (size_t i = 0; i < token->n_columns; i++) {
        Cell *cell = find(&kernel->characters, kernel->text, columns[i]);
        if (cell == NULL)
            return -1;
        if (cell->count)
            add(total, character_row(kernel, columns[i]), tf(kernel, cell->count + times), tf(kernel, cell->count),
                apart);
        cell->count += times;
    }
    return 0;
}

/* Coverage -------------------------------------------------------------------------------------- */

/* The place of a word in `known`, which holds 0 where it is not known. */
static uint32_t *find_known(const Kernel *kernel, const char *word, size_t size)
{
    const char *vocabulary = kernel->vocabulary.buf;
    size_t left = (size_t)kernel->vocabulary.len, mask = kernel->n_known - 1, at = token_hash(word, size) & mask;
    for (; kernel->known[at]; at = (at + 1) & mask) {
        size_t start = kernel->known[at] - 1;
        if (size < left - start && vocabulary[start + size] == '\n' && memcmp(vocabulary + start, word, size) == 0)
            break;
    }
    return kernel->known + at;
}

static inline int is_known(const Kernel *kernel, const char *word, size_t size)
{
    return *find_known(kernel, word, size) != 0;
}

static int list_known(Kernel *kernel)
{
    const char *vocabulary = kernel->vocabulary.buf;
    size_t size = (size_t)kernel->vocabulary.len, n = 0, start = 0;
    for (size_t i = 0; i < size; i++)
        n += vocabulary[i] == '\n';
    for (kernel->n_known = 1; kernel->n_known <= 2 * n;)
        kernel->n_known *= 2;
    kernel->known = PyMem_RawCalloc(kernel->n_known, sizeof(uint32_t));
    if (kernel->known == NULL)
        return -1;
    for (size_t i = 0; i < size; i++)
        if (vocabulary[i] == '\n') {
            *find_known(kernel, vocabulary + start, i - start) = (uint32_t)start + 1;
            start = i + 1;
        }
    return 0;
}

/* Whether a word of `length` characters, which begin at `bounds`, is known, or made of two that are; the
   first may end in an s that joins them. */
static int is_covered(const Kernel *kernel, const char *bytes, const uint32_t *bounds, size_t length)
{
    const char *word = bytes + bounds[0];
    size_t size = bounds[length] - bounds[0];
    if (length > 2 * LONGEST_WORD + 1)
        return 0;
    if (is_known(kernel, word, size))
        return 1;
    for (size_t cut = SHORTEST_PART; cut + SHORTEST_PART <= length; cut++) {
        size_t first = bounds[cut] - bounds[0];
        if (is_known(kernel, word + first, size - first) &&
            (is_known(kernel, word, first) || (word[first - 1] == 's' && is_known(kernel, word, first - 1))))
            return 1;
    }
    return 0;
}

/* Tokens ---------------------------------------------------------------------------------------- */

static inline size_t encode(Py_UCS4 c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static int add_word(Kernel *kernel, const char *bytes, const uint32_t *bounds, size_t length, int is_number)
{
    Word *word = extend(&kernel->words_of_token, sizeof(Word));
    if (word == NULL)
        return -1;
    uint32_t start = bounds[0], size = bounds[length] - start;
    *word = (Word){start, size, to_column(murmur(bytes + start, size), kernel->word_columns)};
    if (!is_number) {
        kernel->counted_of_token++;
        kernel->known_of_token += (uint32_t)is_covered(kernel, bytes, bounds, length);
    }
    return 0;
}

/* Work out the words of a token (runs of two and more letters, digits and underscores) and its n-grams;
   a token shorter than an n-gram counts once, as a whole. */
static int work_out(Kernel *kernel, const Span *span, int kind, const void *data)
{
    const char *bytes = kernel->encoded.data + span->bytes;
    size_t length = span->characters + 2, run = 0;
    int is_number = 1;
    kernel->bounds.used = kernel->columns.used = kernel->words_of_token.used = 0;
    kernel->counted_of_token = kernel->known_of_token = 0;
    uint32_t *bounds = extend(&kernel->bounds, (length + 1) * sizeof(uint32_t));
    if (bounds == NULL)
        return -1;
    bounds[0] = 0;
    bounds[1] = 1;
    for (size_t i = 1; i < length - 1; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, span->from + (Py_ssize_t)i - 1);
        if (Py_UNICODE_ISALNUM(c) || c == '_') {
            run++;
            is_number &= Py_UNICODE_ISDIGIT(c) != 0;
        } else {
            if (run > 1 && add_word(kernel, bytes, bounds + i - run, run, is_number) < 0)
                return -1;
            run = 0;
            is_number = 1;
        }
        bounds[i + 1] = bounds[i] + (c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
    }
    bounds[length] = bounds[length - 1] + 1;
    if (run > 1 && add_word(kernel, bytes, bounds + length - 1 - run, run, is_number) < 0)
        return -1;

    for (size_t n = kernel->shortest; n <= kernel->longest; n++) {
        size_t last = length > n ? length - n : 0;
        uint32_t *columns = extend(&kernel->columns, (last + 1) * sizeof(uint32_t));
        if (columns == NULL)
            return -1;
        for (size_t i = 0; i <= last; i++) {
            size_t end = i + n < length ? i + n : length;
            uint32_t hash = murmur(bytes + bounds[i], bounds[end] - bounds[i]);
            columns[i] = to_column(hash, kernel->character_columns);
        }
        if (last == 0)
            break;
    }
    return 0;
}

/* Put the token of `span` into memory; -1 where there is no room. */
static int learn(Kernel *kernel, Span *span, int kind, const void *data, size_t place)
{
    if (work_out(kernel, span, kind, data) < 0)
        return -1;
    const uint32_t *columns = (const uint32_t *)kernel->columns.data;
    Token token = {.hash = span->hash,
                   .size = (uint32_t)span->size,
                   .n_columns = (uint32_t)(kernel->columns.used / sizeof(uint32_t)),
                   .n_words = (uint32_t)(kernel->words_of_token.used / sizeof(Word)),
                   .n_counted = kernel->counted_of_token,
                   .n_known = kernel->known_of_token};
    kernel->characters.used = 0;
    kernel->text++; /* all cells are free now */
    for (size_t i = 0; i < token.n_columns; i++) {
        Cell *cell = find(&kernel->characters, kernel->text, columns[i]);
        if (cell == NULL)
            return -1;
        token.repeats |= cell->count++ > 0;
        add(&token.total, character_row(kernel, columns[i]), 1, 0, 0);
    }
    size_t behind = ((span->size + 3) & ~(size_t)3) + kernel->columns.used + kernel->words_of_token.used;
    span->token = kernel->memory.used;
    Token *copy = extend(&kernel->memory, sizeof(Token) + ((behind + 7) & ~(size_t)7));
    if (copy == NULL)
        return -1;
    *copy = token;
    memcpy((char *)bytes_of(copy), kernel->encoded.data + span->bytes, span->size);
    memcpy((uint32_t *)columns_of(copy), columns, kernel->columns.used);
    if (token.n_words)
        memcpy((Word *)words_of(copy), kernel->words_of_token.data, kernel->words_of_token.used);
    kernel->places[place] = (uint32_t)(span->token / 8) + 1;
    kernel->n_tokens++;
    return 0;
}

/* Find the token of `span` in memory, or put it there. */
static int recall(Kernel *kernel, Span *span, int kind, const void *data)
{
    size_t mask = 2 * REMEMBERED - 1, place = span->hash & mask;
    for (; kernel->places[place]; place = (place + 1) & mask) {
        size_t at = (size_t)(kernel->places[place] - 1) * 8;
        const Token *token = (const Token *)(kernel->memory.data + at);
        if (token->hash == span->hash && token->size == span->size &&
            memcmp(bytes_of(token), kernel->encoded.data + span->bytes, span->size) == 0) {
            span->token = at;
            return 0;
        }
    }
    return learn(kernel, span, kind, data, place);
}

/* Texts ----------------------------------------------------------------------------------------- */

static inline int list_ngram(Kernel *kernel, uint32_t column)
{
    uint32_t *place = extend(&kernel->ngrams, sizeof(uint32_t));
    if (place == NULL)
        return -1;
    *place = column;
    __builtin_prefetch(kernel->rows + column); /* most of the time, this row is far away */
    return 0;
}

/* List the columns of a token's words, and of the pairs with the word before each. */
static int list_words(Kernel *kernel, const Token *token)
{
    const Word *words = words_of(token);
    const char *bytes = bytes_of(token);
    for (size_t i = 0; i < token->n_words; i++) {
        Word word = words[i];
        if (list_ngram(kernel, word.column) < 0)
            return -1;
        if (kernel->longest_words < 2)
            continue;
        size_t before = kernel->pair.used; /* the word before, and a blank */
        char *end = extend(&kernel->pair, word.size + 1);
        if (end == NULL)
            return -1;
        memcpy(end, bytes + word.start, word.size);
        end[word.size] = ' ';
        if (before) {
            uint32_t hash = murmur(kernel->pair.data, before + word.size);
            if (list_ngram(kernel, to_column(hash, kernel->word_columns)) < 0)
                return -1;
            memmove(kernel->pair.data, kernel->pair.data + before, word.size + 1);
            kernel->pair.used = word.size + 1;
        }
    }
    return 0;
}

static void clear(Counts *counts)
{
    if (counts->cells != NULL)
        memset(counts->cells, 0, counts->size * sizeof(Cell));
}

static void forget(Kernel *kernel)
{
    kernel->memory.used = kernel->n_tokens = 0;
    memset(kernel->places, 0, 2 * REMEMBERED * sizeof(uint32_t));
    kernel->text = 0;
    clear(&kernel->words);
    clear(&kernel->characters);
}

/* List the tokens of a text, parted by white space, with their bytes and hashes. */
static int list_spans(Kernel *kernel, int kind, const void *data, Py_ssize_t size)
{
    Py_ssize_t i = 0;
    kernel->spans.used = kernel->encoded.used = 0;
    for (;;) {
        while (i < size && Py_UNICODE_ISSPACE(PyUnicode_READ(kind, data, i)))
            i++;
        if (i == size)
            return 0;
        Span *span = extend(&kernel->spans, sizeof(Span));
        if (span == NULL)
            return -1;
        *span = (Span){.from = i, .bytes = kernel->encoded.used};
        while (i < size && !Py_UNICODE_ISSPACE(PyUnicode_READ(kind, data, i)))
            i++;
        span->characters = (size_t)(i - span->from);
        char *bytes = extend(&kernel->encoded, span->characters * 4 + 2);
        if (bytes == NULL)
            return -1;
        bytes[span->size++] = ' ';
        for (Py_ssize_t j = span->from; j < i; j++)
            span->size += encode(PyUnicode_READ(kind, data, j), bytes + span->size);
        bytes[span->size++] = ' ';
        kernel->encoded.used = span->bytes + span->size;
        span->hash = token_hash(bytes, span->size);
        __builtin_prefetch(kernel->places + (span->hash & (2 * REMEMBERED - 1)));
    }
}

static int score_text(Kernel *kernel, PyObject *text, double *out)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    size_t most = (size_t)size / 2 + 1; /* tokens */
    if (kernel->n_tokens + most > REMEMBERED || kernel->memory.used > REMEMBERED_BYTES ||
        kernel->text > UINT32_MAX / 2)
        forget(kernel);
    if (list_spans(kernel, kind, data, size) < 0)
        return -1;
    Span *spans = (Span *)kernel->spans.data;
    size_t n = kernel->spans.used / sizeof(Span), n_distinct = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t place = kernel->places[spans[i].hash & (2 * REMEMBERED - 1)];
        const char *token = kernel->memory.data + (size_t)(place ? place - 1 : 0) * 8;
        __builtin_prefetch(token);
        __builtin_prefetch(token + 64);
        __builtin_prefetch(token + 128);
    }
    for (size_t i = 0; i < n; i++)
        if (recall(kernel, spans + i, kind, data) < 0)
            return -1;
    kernel->distinct.used = 0;
    Token **distinct = extend(&kernel->distinct, (n + 1) * sizeof(Token *));
    if (distinct == NULL)
        return -1;
    /* All tokens are in memory now, and stay where they are. */
    Total words = {0}, characters = {0};
    size_t n_counted = 0, n_known = 0;
    kernel->text++;
    kernel->words.used = kernel->characters.used = kernel->pair.used = kernel->ngrams.used = 0;
    for (size_t i = 0; i < n; i++) {
        Token *token = (Token *)(kernel->memory.data + spans[i].token);
        if (token->text != kernel->text) {
            token->text = kernel->text;
            token->count = 0;
            distinct[n_distinct++] = token;
        }
        token->count++;
        n_counted += token->n_counted;
        n_known += token->n_known;
        if (list_words(kernel, token) < 0)
            return -1;
    }
    for (size_t i = 0; i < n_distinct; i++)
        if (count_token(kernel, distinct[i], &characters) < 0)
            return -1;
    const uint32_t *ngrams = (const uint32_t *)kernel->ngrams.data;
    for (size_t j = 0; j < kernel->ngrams.used / sizeof(uint32_t); j++)
        if (count(kernel, &kernel->words, &words, ngrams[j], kernel->rows + ngrams[j], 1) < 0)
            return -1;
    for (int topic = 0; topic < TOPICS; topic++) {
        double logit = kernel->intercepts[topic];
        if (words.squares > 0)
            logit += words.sums[topic] / sqrt(words.squares);
        if (characters.squares > 0)
            logit += characters.sums[topic] / sqrt(characters.squares);
        out[topic] = 1 / (1 + exp(-logit));
    }
    out[TOPICS] = n_counted ? (double)n_known / (double)n_counted : 1;
    return 0;
}

/* Python ---------------------------------------------------------------------------------------- */

static const char *NAME = "dutch_topics.kernel";

static void destroy(Kernel *kernel)
{
    Arena *arenas[] = {&kernel->memory, &kernel->spans,  &kernel->distinct, &kernel->encoded,       &kernel->pair,
                       &kernel->ngrams, &kernel->bounds, &kernel->columns,  &kernel->words_of_token};
    for (size_t i = 0; i < sizeof(arenas) / sizeof(*arenas); i++)
        PyMem_RawFree(arenas[i]->data);
    PyMem_RawFree(kernel->words.cells);
    PyMem_RawFree(kernel->characters.cells);
    PyMem_RawFree(kernel->places);
    PyMem_RawFree(kernel->known);
    Py_buffer *buffers[] = {&kernel->slots_buffer, &kernel->rows_buffer, &kernel->vocabulary};
    for (size_t i = 0; i < sizeof(buffers) / sizeof(*buffers); i++)
        if (buffers[i]->obj != NULL)
            PyBuffer_Release(buffers[i]);
    PyMem_RawFree(kernel);
}

static void destroy_capsule(PyObject *capsule) { destroy(PyCapsule_GetPointer(capsule, NAME)); }

static int is_power_of_two(uint32_t n) { return n && !(n & (n - 1)); }

static PyObject *prepare(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer intercepts = {0};
    unsigned int longest_words, shortest, longest;
    Kernel *kernel = PyMem_RawCalloc(1, sizeof(Kernel));
    if (kernel == NULL)
        return PyErr_NoMemory();
    if (!PyArg_ParseTuple(args, "y*y*y*y*IIII", &kernel->slots_buffer, &kernel->rows_buffer, &kernel->vocabulary,
                          &intercepts, &kernel->word_columns, &longest_words, &shortest, &longest)) {
        destroy(kernel);
        return NULL;
    }
    uint32_t columns = (uint32_t)(kernel->slots_buffer.len / 4);
    kernel->character_columns = columns - kernel->word_columns;
    kernel->slots = kernel->slots_buffer.buf;
    kernel->rows = kernel->rows_buffer.buf;
    kernel->n_rows = (size_t)kernel->rows_buffer.len / sizeof(Row);
    kernel->longest_words = longest_words;
    kernel->shortest = shortest;
    kernel->longest = longest;
    int fits = intercepts.len == sizeof(kernel->intercepts) && kernel->slots_buffer.len % 4 == 0 &&
               (size_t)kernel->rows_buffer.len % sizeof(Row) == 0 && kernel->word_columns < columns &&
               kernel->vocabulary.len < INT32_MAX &&
               is_power_of_two(kernel->word_columns) && is_power_of_two(kernel->character_columns) &&
               1 <= longest_words && longest_words <= 2 && 1 <= shortest && shortest <= longest;
    for (size_t i = 0; fits && i < columns; i++)
        fits = i < kernel->word_columns ? kernel->slots[i] == (int32_t)i && i < kernel->n_rows
                                        : 0 <= kernel->slots[i] && (size_t)kernel->slots[i] < kernel->n_rows;
    if (fits)
        memcpy(kernel->intercepts, intercepts.buf, sizeof(kernel->intercepts));
    PyBuffer_Release(&intercepts);
    if (!fits) {
        destroy(kernel);
        PyErr_SetString(PyExc_ValueError, "arrays or n-grams of another shape than the kernel is made for");
        return NULL;
    }
    kernel->places = PyMem_RawCalloc(2 * REMEMBERED, sizeof(uint32_t));
    int prepared = kernel->places != NULL && list_known(kernel) == 0;
    PyObject *capsule = prepared ? PyCapsule_New(kernel, NAME, destroy_capsule) : NULL;
    if (capsule == NULL) {
        destroy(kernel);
        return PyErr_NoMemory();
    }
    for (uint32_t i = 1; i < 64; i++)
        kernel->tf[i] = 1 + log(i);
    return capsule;
}

static PyObject *score(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *texts;
    Py_buffer out;
    if (!PyArg_ParseTuple(args, "OO!w*", &capsule, &PyList_Type, &texts, &out))
        return NULL;
    Kernel *kernel = PyCapsule_GetPointer(capsule, NAME);
    Py_ssize_t n = PyList_GET_SIZE(texts), i = 0;
    if (kernel == NULL)
        n = -1;
    else if (out.len != n * WIDTH * (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "out must have room for five doubles a text");
        n = -1;
    }
    for (; i < n; i++) {
        PyObject *text = PyList_GET_ITEM(texts, i);
        if (!PyUnicode_Check(text) || (size_t)PyUnicode_GET_LENGTH(text) / 2 + 1 > REMEMBERED) {
            PyErr_Format(PyExc_ValueError, "texts must be str of less than %u characters", 2 * REMEMBERED - 2);
            break;
        }
        if (score_text(kernel, text, (double *)out.buf + i * WIDTH) < 0) {
            forget(kernel);
            PyErr_NoMemory();
            break;
        }
    }
    PyBuffer_Release(&out);
    if (i != n)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"prepare", prepare, METH_VARARGS, "A kernel on the arrays of a model."},
                                {"score", score, METH_VARARGS, "Write the probabilities and the coverage of texts."},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_kernel", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModule_Create(&definition); }
