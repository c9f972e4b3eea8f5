"""What the frames of a sequence decide together, against a plain loop."""

from __future__ import annotations

from collections import Counter

import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.learning.metrics.sequence import sequence_labels, sequence_means, sequence_votes


@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40),
    seed=st.integers(0, 9),
)
def test_the_most_frequent_prediction_wins_and_the_mean_embedding_breaks_a_tie(
    rows: list[tuple[int, int]], seed: int
) -> None:
    names = sorted({sequence for sequence, _ in rows})
    sequences = torch.tensor([names.index(sequence) for sequence, _ in rows])
    predictions = torch.tensor([prediction for _, prediction in rows])
    of_means = torch.randint(0, 3, (len(names),), generator=torch.Generator().manual_seed(seed))
    found = sequence_votes(predictions, sequences, of_means, classes=3).tolist()
    for number, decided in enumerate(found):
        votes = Counter(predictions[sequences == number].tolist())
        tied = [label for label in range(3) if votes[label] == max(votes.values())]
        mean = int(of_means[number])
        assert decided == (mean if mean in tied else tied[0])


def test_a_sequence_has_the_mean_of_its_frames_and_their_label() -> None:
    features = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    sequences = torch.tensor([1, 0, 1])
    torch.testing.assert_close(sequence_means(features, sequences), torch.tensor([[0.0, 2.0], [2.0, 0.0]]))
    assert sequence_labels(torch.tensor([5, 2, 5]), sequences).tolist() == [2, 5]
