"""From a picture file to a 28x28 digit: what is accepted, what is refused, what each step does."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import center_of_mass

from mnist_helpers import load_or_train, predict, prepare_picture, preprocess
from mnist_helpers.handwriting import Photo, draw_photo
from mnist_helpers.pictures import otsu_threshold, to_ink
from mnist_helpers.preprocessing import flatten, normalise

PHOTOS = {
    "plain": Photo(3),
    "uneven light": Photo(3, shadow=0.7),
    "coloured ink": Photo(3, ink=(190, 40, 60)),
    "chalk on a board": Photo(3, ink=(230, 230, 225), paper=(40, 60, 50)),
    "in a corner": Photo(3, centre=(0.22, 0.3), height=0.4),
    "small": Photo(3, height=0.25, pen=0.03),
    "large": Photo(3, height=0.85),
    "upright phone": Photo(3, size=(360, 640)),
    "panorama": Photo(3, size=(900, 300)),
}
every_photo = pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)


@every_photo
def test_every_photo_ends_as_a_centred_digit_in_a_box_of_20_pixels(photo):
    prepared = prepare_picture(draw_photo(photo))
    assert prepared.image.shape == (1, 28, 28)
    assert str(prepared.image.dtype) == "torch.uint8"
    rows, columns = np.nonzero(prepared.framed)
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
    assert np.abs(np.array(center_of_mass(prepared.framed)) - 14).max() <= 0.5
    assert 0.05 < (prepared.framed > 0).mean() < 0.4  # strokes, neither specks nor a page full of ink


def test_the_same_digit_looks_the_same_wherever_however_large_and_in_whatever_light():
    reference = prepare_picture(draw_photo(PHOTOS["plain"])).framed.astype(float)
    for name, photo in PHOTOS.items():
        picture = draw_photo(replace(photo, pen=0.05 * photo.height / 0.6))
        framed = prepare_picture(picture).framed.astype(float)
        # A centre of mass near half a pixel is rounded up in one photo and down in the other.
        shifted = [np.roll(framed, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        assert max(np.corrcoef(reference.ravel(), other.ravel())[0, 1] for other in shifted) > 0.95, name


def test_the_model_of_the_course_reads_the_photos(mnist):
    splits = preprocess(mnist)
    model, _ = load_or_train(mnist, splits)
    images = [prepare_picture(draw_photo(photo)).image for photo in PHOTOS.values()]
    answers = [predict(model, flatten(normalise(image))).digit.item() for image in images]
    assert answers.count(3) >= len(PHOTOS) - 1


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "gif"])
def test_files_of_the_usual_kinds_are_read(tmp_path, ending):
    path = tmp_path / f"three.{ending}"
    draw_photo(PHOTOS["plain"]).save(path)
    assert prepare_picture(path).framed.any()
    assert prepare_picture(str(path)).framed.any()


def test_a_drawing_on_a_transparent_page_is_laid_on_white():
    picture = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(60, 40), (60, 160)], fill=(0, 0, 0, 255), width=14)
    prepared = prepare_picture(picture)
    assert prepared.grey[0, 0] == 255
    assert prepared.boxed.shape[0] == 20


def test_a_photo_taken_sideways_is_turned_upright():
    upright = draw_photo(PHOTOS["plain"])
    sideways = upright.rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 270 degrees to view
    buffer = io.BytesIO()
    sideways.save(buffer, "jpeg", exif=exif, quality=95)
    turned = prepare_picture(Image.open(buffer)).framed.astype(float)
    expected = prepare_picture(upright).framed.astype(float)
    assert np.corrcoef(turned.ravel(), expected.ravel())[0, 1] > 0.95


def test_specks_of_dust_are_removed():
    picture = draw_photo(PHOTOS["plain"])
    ImageDraw.Draw(picture).ellipse((20, 20, 26, 26), fill=(30, 30, 30))
    prepared = prepare_picture(picture)
    assert prepared.ink[:20, :20].max() > 100
    assert prepared.clean[:20, :20].max() == 0


def test_ink_is_the_difference_from_the_paper_in_both_directions():
    dark = np.full((100, 100), 200, dtype=np.uint8)
    dark[40:60, 48:52] = 50
    assert np.array_equal(to_ink(dark) > 128, dark < 128)
    assert np.array_equal(to_ink(255 - dark) > 128, dark < 128)


def test_otsu_threshold_equals_an_exhaustive_search():
    random = np.random.default_rng(0)
    grey = np.concatenate([random.normal(60, 15, 3000), random.normal(180, 25, 1000)])
    grey = grey.clip(0, 255).astype(np.uint8)

    def within(threshold):
        """Pixels' squared distance from the mean of their own class."""
        return sum(part.var() * part.size for part in (grey[grey <= threshold], grey[grey > threshold]))

    candidates = range(int(grey.min()), int(grey.max()))
    assert within(otsu_threshold(grey)) == pytest.approx(min(map(within, candidates)))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "there is no picture at"), (b"not a picture", "is not a picture that can be read")],
)
def test_a_file_that_is_missing_or_no_picture_is_one_clear_sentence(tmp_path, content, sentence):
    path = tmp_path / "three.png"
    if content:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        prepare_picture(path)


def test_a_truncated_picture_is_one_clear_sentence(tmp_path):
    path = tmp_path / "three.jpg"
    draw_photo(PHOTOS["plain"]).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match="is not a picture that can be read"):
        prepare_picture(path)


@pytest.mark.parametrize("paper", ["white", "black", (120, 130, 110)])
def test_a_blank_picture_is_refused_with_advice(paper):
    with pytest.raises(ValueError, match="nothing stands out on this picture; use a dark pen"):
        prepare_picture(Image.new("RGB", (300, 200), paper))


def test_grainy_paper_without_a_digit_is_blank():
    with pytest.raises(ValueError, match="nothing stands out"):
        prepare_picture(draw_photo(replace(PHOTOS["uneven light"], ink=(235, 230, 220))))
