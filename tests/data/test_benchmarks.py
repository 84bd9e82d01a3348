import numpy as np
import pytest
import scipy.io

from scbch_jax import datasets
from scbch_jax.config import Data, Noise
from scbch_jax.data import BENCHMARKS, label_noise
from scbch_jax.data.formats import numpy_files
from scbch_jax.errors import InputError

SMALL = BENCHMARKS["mirflickr"]._replace(classes=3, text_dim=5, queries=2, train=4)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Eight rows in the files of MIRFlickr-25K."""
    monkeypatch.setitem(BENCHMARKS, "mirflickr", SMALL)
    rng = np.random.default_rng(0)
    arrays = {
        "XAll": rng.random((8, 6)).astype(np.float32),
        "YAll": (rng.random((8, 5)) < 0.5).astype(np.uint8),
        "LAll": (rng.random((8, 3)) < 0.5).astype(np.uint8),
    }
    for name, key in (("iall-vgg", "XAll"), ("yall", "YAll"), ("lall", "LAll")):
        scipy.io.savemat(tmp_path / f"mirflickr25k-{name}.mat", {key: arrays[key]})
    return tmp_path, arrays


def rewrite(root, name, key, array):
    scipy.io.savemat(root / f"mirflickr25k-{name}.mat", {key: array})


def load(root, **options):
    return datasets.load(Data("mirflickr", root=str(root), **options))


def test_rows_are_split_as_published(small):
    root, arrays = small
    loaded = load(root)
    np.testing.assert_array_equal(loaded.dataset.query.image, arrays["XAll"][:2])
    np.testing.assert_array_equal(loaded.dataset.database.text, arrays["YAll"][2:])
    np.testing.assert_array_equal(loaded.dataset.train.labels, arrays["LAll"][2:6])
    checksum = numpy_files.checksum(root / "mirflickr25k-iall-vgg.mat")
    wanted = f"mirflickr25k-iall-vgg.mat, sha256 {checksum}"
    assert loaded.sources["image"] == wanted


def test_an_environment_variable_can_name_the_root(small, monkeypatch):
    monkeypatch.setenv("SCBCH_DATA", str(small[0]))
    assert load("").title == "MIRFlickr-25K"


def test_features_may_cover_the_first_rows(small):
    root, arrays = small
    file = "mirflickr25k-image-mobilenetv2.npz"
    features = (arrays["XAll"][:7] * 255).astype(np.uint8)
    np.savez(root / file, features=features, scale=np.float32(2), row=np.arange(7))
    loaded = load(root, image=file)
    assert len(loaded.dataset.database.labels) == 5
    np.testing.assert_array_equal(loaded.dataset.query.image, 2.0 * features[:2])
    np.savez(
        root / file, features=features, scale=np.float32(2), row=np.arange(7)[::-1]
    )
    with pytest.raises(InputError, match=r"row in .*out of order"):
        load(root, image=file)


def test_missing_files_are_listed(small, monkeypatch):
    monkeypatch.delenv("SCBCH_DATA", raising=False)
    root, _ = small
    (root / "mirflickr25k-yall.mat").unlink()
    with pytest.raises(InputError, match=r"lacks mirflickr25k-yall.mat; wanted .*UCCH"):
        load(root)
    with pytest.raises(
        InputError, match="data.root: got nothing, wanted a folder with"
    ):
        datasets.load(Data("mirflickr"))


@pytest.mark.parametrize(
    ("name", "key", "change", "message"),
    [
        (
            "yall",
            "YAll",
            lambda a: a[:-1],
            "rows: got XAll of 8 x 6, YAll of 7 x 5, LAll of 8 x 3",
        ),
        ("iall-vgg", "XAll", lambda a: a[:-1], "rows: got XAll of 7 x 6"),
        (
            "lall",
            "LAll",
            lambda a: a[:, :2],
            "columns in .*: got text of 5 columns and labels of 2, ",
        ),
        (
            "yall",
            "YAll",
            lambda a: a[:, :2],
            "got text of 2 columns and labels of 3, wanted 5 and 3 as",
        ),
        (
            "lall",
            "LAll",
            lambda a: a * 2,
            "LAll: got the value 2 in row 0, counted from 0, wanted only 0 and 1",
        ),
        (
            "iall-vgg",
            "XAll",
            lambda a: a * np.nan,
            "query.image: got NaN or infinity in row 0",
        ),
        ("iall-vgg", "XAll", lambda a: a / 0, "wanted finite numbers"),
        ("iall-vgg", "XAll", lambda a: a * 0, "query.image: got only zeros"),
        ("yall", "YAll", lambda a: a[:, :0], "YAll in .*: got shape 8 x 0"),
        (
            "lall",
            "XXX",
            lambda a: a,
            "got XAll, YAll, XXX, .* wanted also LAll",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_bad_arrays_are_one_line(small, name, key, change, message):
    root, arrays = small
    source = {"iall-vgg": "XAll", "yall": "YAll", "lall": "LAll"}[name]
    rewrite(root, name, key, change(arrays[source]))
    with pytest.raises(InputError, match=message) as caught:
        load(root)
    assert "\n" not in str(caught.value)


def test_too_few_rows(small, monkeypatch):
    monkeypatch.setitem(BENCHMARKS, "mirflickr", SMALL._replace(train=7))
    with pytest.raises(
        InputError, match="rows: got 8, wanted at least 2 queries and 7"
    ):
        load(small[0])


def test_a_row_without_labels_is_allowed(small):
    root, arrays = small
    labels = arrays["LAll"].copy()
    labels[3] = 0
    rewrite(root, "lall", "LAll", labels)
    assert load(root).dataset.train.labels[1].sum() == 0


def test_published_noise_must_be_of_these_rows(small):
    root, arrays = small
    clean = arrays["LAll"][2:6].astype(np.float32)
    noisy = clean.copy()
    noisy[0] = 1 - noisy[0]
    (root / "noise").mkdir()
    path = root / SMALL.noise_file.format(rate=0.5)
    source, noise = Data("mirflickr", root=str(root)), Noise("published", 0.5)

    def write(true, result):
        import h5py

        with h5py.File(path, "w") as file:
            file["True"], file["result"] = true, result

    write(clean.astype(float), noisy.astype(float))
    read = datasets.noisy_labels(source, noise, clean, seed=0)
    checksum = numpy_files.checksum(path)
    named = {"noise": f"{path.name}, sha256 {checksum}"}
    assert datasets.noise_sources(source, noise) == named
    np.testing.assert_array_equal(read, noisy)
    write(1 - clean, noisy)
    with pytest.raises(
        InputError, match=r"True in .*labels of shape \(4, 3\) that differ"
    ):
        datasets.noisy_labels(source, noise, clean, seed=0)
    write(clean, clean * np.nan)
    with pytest.raises(InputError, match=r"result in .*wanted only 0 and 1"):
        datasets.noisy_labels(source, noise, clean, seed=0)
    with pytest.raises(InputError, match=r"noise.kind: got published, with no file"):
        datasets.noisy_labels(source, Noise("published", 0.3), clean, seed=0)


def test_real_mirflickr(mirflickr):
    """Sizes and split of the README beside the files; noise rates exact."""
    source = Data("mirflickr", root=str(mirflickr))
    dataset = datasets.load(source).dataset
    assert [len(part.labels) for part in dataset] == [2000, 13677, 10000]
    np.testing.assert_array_equal(dataset.train.text, dataset.database.text[:10000])
    clean = dataset.train.labels
    for rate in (0.2, 0.5, 0.8):
        noisy = datasets.noisy_labels(source, Noise("published", rate), clean, seed=0)
        assert label_noise.corrupted_rows(noisy, clean).sum() == 10000 * rate
