"""Reference implementations of the equations, with one loop for every sum.

On NumPy's arrays: to index one of JAX's in a loop takes a thousand times as long.
"""

import numpy as np


def jaccard(labels):
    labels, n = np.asarray(labels), len(labels)
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            a, b = set(np.flatnonzero(labels[i])), set(np.flatnonzero(labels[j]))
            out[i, j] = len(a & b) / len(a | b) if a | b else 0.0
    return out


def attraction(s, r, shift):
    s, r = (np.asarray(x, np.float64) for x in (s, r))
    n, total = len(s), 0.0
    for i in range(n):
        for j in range(n):
            if i != j and r[i, j] > 0:
                total += np.exp(shift - s[i, j])
    return total / n**2 - sum(s[i, i] for i in range(n)) / n


def printed_repulsion(s, r, margin, shift):
    s, r = (np.asarray(x, np.float64) for x in (s, r))
    n, total = len(s), 0.0
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            # Image i against text j, and text i against image j.
            for pair, overlap in ((s[i, j], r[i, j]), (s[j, i], r[j, i])):
                lowered = pair - shift * max(0.0, s[i, i] - margin - pair)
                total += np.exp(lowered * (1 - overlap))
    return total / (2 * n**2)


def released_repulsion(s, r, margin, shift):
    s, r = (np.asarray(x, np.float64) for x in (s, r))
    n, total = len(s), 0.0
    for i in range(n):
        for j in range(n):
            for own in (s[i, i], s[j, j]):
                lowered = s[i, j] if s[i, j] >= own - margin else s[i, j] - shift
                if i == j:
                    lowered = max(lowered, 0.0)
                total += np.exp(lowered * (1 - r[i, j]))
    return total / n**2


def classification(image_logits, text_logits, labels, weights):
    n, classes = labels.shape
    total = 0.0
    for logits in (image_logits, text_logits):
        for i in range(n):
            for c in range(classes):
                z = 1 / (1 + np.exp(-logits[i, c]))
                y = labels[i, c]
                total -= weights[i] * (y * np.log(z) + (1 - y) * np.log(1 - z))
    return total / (2 * n * classes)


def cosine(a, b):
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return a @ b / length if length else 0.0


def soft_labels(image, text, labels, k, reading):
    n = len(labels)
    out = np.zeros(labels.shape)
    for i in range(n):
        by = np.array(
            [
                [0.0 if j == i else cosine(m[i], m[j]) for j in range(n)]
                for m in (image, text)
            ]
        )
        nearest = np.argsort(-by.mean(axis=0), kind="stable")[:k]
        for j in nearest:
            if reading == "official":
                weight = by[:, j].mean() / by[:, nearest].mean(axis=0).sum()
            else:
                weight = np.mean([m[j] / m[nearest].sum() for m in by])
            out[i] += weight * labels[j]
    return out


def average_precision(distances, relevance):
    """One query, items in the order given, ties broken by that order."""
    order = np.argsort(distances, kind="stable")
    hits, total = 0, 0.0
    for rank, item in enumerate(order, start=1):
        if relevance[item]:
            hits += 1
            total += hits / rank
    return total / hits if hits else float("nan")


def ranking(s, margin, shift):
    n, total = len(s), 0.0
    for matrix in (s, s.T):
        for i in range(n):
            own, denominator = matrix[i, i], 0.0
            for j in range(n):
                near = matrix[i, j] >= own - margin
                denominator += np.exp(matrix[i, j] if near else matrix[i, j] - shift)
            total += margin - own + np.log(denominator)
    return total / n


def kept_ranking(s, positives, kept, margin, shift, both_directions):
    total = 0.0
    rows = np.flatnonzero(kept)
    for matrix in (s, s.T if both_directions else s):
        for i in rows:
            own, denominator = matrix[i, i], 0.0
            for j in rows:
                near = matrix[i, j] >= own - margin
                value = matrix[i, j] if near else matrix[i, j] - shift
                value = max(value, 0.0) if i == j else value
                denominator += np.exp(0.0 if positives[i, j] else value)
            total += margin - own + np.log(denominator)
    return total / len(rows)


def contrast(codes, keys, own, drawn, temperature):
    total = 0.0
    for i, code in enumerate(codes):
        denominator = sum(
            np.exp(keys[row] @ code / temperature) for row in (own[i], *drawn[i])
        )
        total += np.log(denominator) - keys[own[i]] @ code / temperature
    return total / len(codes)


def graph(image, text, text_weight, coherence_share, neighbors, scale):
    n = len(image)
    pair, shares, out = (np.zeros((n, n)) for _ in range(3))
    for i in range(n):
        for j in range(n):
            pair[i, j] = text_weight * cosine(text[i], text[j])
            pair[i, j] += (1 - text_weight) * cosine(image[i], image[j])
        nearest = np.argsort(-pair[i], kind="stable")[1:neighbors]
        shares[i, nearest] = pair[i, nearest] / pair[i, nearest].sum()
    for i in range(n):
        for j in range(n):
            overlap = scale * (shares[i] @ shares[j])
            mixed = (1 - coherence_share) * pair[i, j] + coherence_share * overlap
            out[i, j] = 2 * mixed - 1
    return out


def robust_map(p, q):
    return (1 - q) * (1 - p**q) / q + q * (1 - p)


def robust_contrast(image, text, temperature, exponent):
    rows, n, total = np.concatenate([image, text]), len(image), 0.0
    for r in range(2 * n):
        partner = r + n if r < n else r - n
        force = [np.exp(rows[r] @ rows[k] / temperature) for k in range(2 * n)]
        total += robust_map(force[partner] / (sum(force) - force[r]), exponent)
    return total / n


def cpah_terms(
    image, text, memory, realness, kind_logits, image_logits, text_logits, labels
):
    n, classes = labels.shape
    out = {
        "adversarial": sum(np.log(1 + np.exp(-d)) for d in realness) / n,
        "consistency": 0.0,
        "classification": 0.0,
        "pairwise": 0.0,
        "quantization": 0.0,
    }
    for part, logits in enumerate(kind_logits):
        kind = (1, 1, 0, 2)[part // n]
        out["consistency"] -= np.log(np.exp(logits[kind]) / np.exp(logits).sum())
    for i in range(n):
        for logits in (image_logits, text_logits):
            for c in range(classes):
                z = 1 / (1 + np.exp(-logits[i, c]))
                out["classification"] -= np.log(z if labels[i, c] else 1 - z)
        for j in range(n):
            theta = 0.5 * image[i] @ text[j]
            related = float(any(labels[i] * labels[j]))
            out["pairwise"] += np.log(1 + np.exp(theta)) - related * theta
        for codes in (image, text):
            out["quantization"] += ((memory[i] - codes[i]) ** 2).sum()
    return out
