"""From a picture file to a 28x28 digit: what is accepted, what is refused, what each step does."""

import contextlib
import gc
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from scipy.ndimage import center_of_mass

from mnist_helpers import MLP, predict, prepare_picture, preprocess, train
from mnist_helpers.digits import Photo, draw_photo, otsu_threshold, to_ink
from mnist_helpers.preprocessing import Split, flatten, normalise

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


@pytest.fixture(scope="module")
def reads(mnist):
    """The digit that a model of the course reads on a picture; a third of MNIST is enough for these."""
    model, splits = MLP(generator=torch.Generator().manual_seed(0)), preprocess(mnist)
    third = Split(splits.train.images[:16_000], splits.train.labels[:16_000])
    train(model, replace(splits, train=third), num_epochs=3, device="cpu", progress=False)
    return lambda picture: predict(model, flatten(normalise(prepare_picture(picture).image))).digit.item()


def test_the_model_of_the_course_reads_the_photos(reads):
    answers = [reads(draw_photo(photo)) for photo in PHOTOS.values()]
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


def test_a_photo_whose_cameras_notes_are_damaged_is_read_as_it_lies(tmp_path):
    upright = draw_photo(PHOTOS["plain"])
    upright.save(tmp_path / "three.jpg", exif=b"Exif\0\0damaged", quality=95)
    upright.save(tmp_path / "plain.jpg", quality=95)
    expected = prepare_picture(tmp_path / "plain.jpg").framed
    assert (prepare_picture(tmp_path / "three.jpg").framed == expected).all()
    assert (prepare_picture(Image.open(tmp_path / "three.jpg")).framed == expected).all()


@pytest.mark.parametrize("name", ["~nobody-here/3.png", "3" * 5000, "3\0.png"])
def test_a_path_that_cannot_be_is_told_like_one_that_is_not_there(name):
    with pytest.raises(ValueError, match="there is no picture at"):
        prepare_picture(name)


def test_a_picture_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "3.png").touch()
    monkeypatch.setattr("mnist_helpers.digits.photo.Image.open", refused)
    with pytest.raises(ValueError, match=r"3\.png may not be read \(Permission denied\)"):
        prepare_picture(tmp_path / "3.png")


@pytest.mark.parametrize("given", [torch.ones(9, 9).bfloat16(), torch.ones(9, 9).to_sparse()])
def test_a_tensor_that_is_no_array_is_told_in_the_courses_words(given):
    with pytest.raises(TypeError, match="a plain tensor or array, uint8"):
        prepare_picture(given)


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


@pytest.mark.parametrize("digit", [2, 3, 5])
@pytest.mark.parametrize("pen", [0.1, 0.13, 0.16])
def test_a_thick_pen_that_fills_the_picture_is_not_taken_for_paper(digit, pen):
    picture = draw_photo(Photo(digit, size=(400, 400), height=0.95, pen=pen))
    grey = prepare_picture(picture).grey
    assert np.mean((to_ink(grey) > 128) == (grey < 130)) > 0.97


def test_a_digit_cropped_to_its_edges_is_the_same_digit():
    picture = draw_photo(Photo(3, height=0.8, pen=0.12))
    rows, columns = np.nonzero(np.asarray(picture.convert("L")) < 130)
    tight = picture.crop((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    framed = [prepare_picture(each).framed.astype(float).ravel() for each in (picture, tight)]
    assert np.corrcoef(*framed)[0, 1] > 0.95


def test_a_digit_that_touches_the_border_keeps_all_its_ink():
    picture = draw_photo(Photo(3, size=(400, 400), height=0.95, centre=(0.3, 0.5)))
    assert (np.asarray(picture.convert("L"))[:3] < 130).any()
    prepared = prepare_picture(picture)
    assert (prepared.clean > 128).sum() == pytest.approx((prepared.grey < 130).sum(), rel=0.05)


def test_a_light_drawing_on_a_transparent_page_is_laid_on_black():
    picture = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(60, 40), (60, 160)], fill=(255, 255, 255, 255), width=14)
    prepared = prepare_picture(picture)
    assert prepared.grey[0, 0] == 0
    assert prepared.cropped.shape[0] > 5 * prepared.cropped.shape[1]


@pytest.mark.parametrize(
    ("ink", "paper"), [((255, 240, 90), (250, 250, 250)), ((200, 60, 60), (60, 120, 60))], ids=str
)
def test_ink_that_differs_from_the_paper_in_colour_more_than_in_brightness_is_found(ink, paper):
    plain = prepare_picture(draw_photo(PHOTOS["plain"]))
    coloured = prepare_picture(draw_photo(replace(PHOTOS["plain"], ink=ink, paper=paper)))
    assert np.corrcoef(plain.framed.ravel(), coloured.framed.ravel())[0, 1] > 0.98


def test_a_hairline_is_widened_to_the_width_of_mnists_strokes_and_a_pen_is_left_alone():
    hairline = prepare_picture(draw_photo(replace(PHOTOS["plain"], pen=0.012)))
    assert (hairline.clean > 128).mean() < 0.02
    assert 2 < hairline.framed.sum() / 255 / 30 < 6  # ink in pixels of a stroke about 30 pixels long
    pen = prepare_picture(draw_photo(PHOTOS["plain"]))
    assert (pen.cropped > 0).sum() == (pen.clean > 0).sum()


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_pictures_of_every_kind_of_pixel_are_read(mode):
    grey = draw_photo(PHOTOS["plain"]).convert("L")
    wide = np.asarray(grey).astype(np.uint16) * 200
    picture = Image.fromarray(wide) if mode == "I;16" else grey.convert(mode)
    assert picture.mode == mode
    expected, given = (prepare_picture(each).framed.ravel() for each in (grey, picture))
    assert np.corrcoef(expected, given)[0, 1] > 0.95


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_photo_of_twelve_megapixels_becomes_the_same_digit(tmp_path, ending):
    small, path = draw_photo(PHOTOS["plain"]), tmp_path / f"huge.{ending}"
    small.resize((4000, 3000)).save(path)
    framed = [prepare_picture(each).framed.ravel() for each in (small, path)]
    assert np.corrcoef(*framed)[0, 1] > 0.98


def test_a_picture_with_too_many_pixels_is_one_clear_sentence(tmp_path, monkeypatch):
    path = tmp_path / "three.png"
    draw_photo(PHOTOS["plain"]).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ValueError, match=r"three\.png has too many pixels; save a smaller copy"):
        prepare_picture(path)


def test_faint_rulings_and_specks_are_paper(reads):
    picture = draw_photo(PHOTOS["plain"])
    draw = ImageDraw.Draw(picture)
    for row in range(20, 360, 30):
        draw.line((0, row, 480, row), fill=(150, 180, 220))
    for column in range(15, 470, 90):
        draw.ellipse((column, 12, column + 5, 17), fill=(40, 40, 40))
    assert prepare_picture(picture).clean[:15].max() == 0
    assert reads(picture) == 3


@pytest.mark.parametrize(("size", "height"), [((200, 900), 0.9), ((1600, 250), 0.8), ((1200, 900), 0.2)])
def test_tall_wide_and_nearly_empty_photos_are_read(size, height, reads):
    assert reads(draw_photo(Photo(3, size=size, height=height, pen=height / 10))) == 3


def test_an_array_is_the_picture_that_it_holds():
    photo = draw_photo(PHOTOS["plain"])
    expected = prepare_picture(photo).framed
    assert (prepare_picture(np.asarray(photo)).framed == expected).all()
    assert (prepare_picture(torch.from_numpy(np.array(photo))).framed == expected).all()


@pytest.mark.parametrize(
    ("nonsense", "sentence"),
    [
        (None, "a picture's path, a Pillow image or an array is needed, not None"),
        (np.zeros((28, 28)), r"uint8 in \[0, 255\], is needed, not \(28, 28\), float64"),
        (np.zeros((3, 28, 28), np.uint8), r"is needed, not \(3, 28, 28\)"),
        (np.zeros((0, 28), np.uint8), r"is needed, not \(0, 28\)"),
    ],
)
def test_what_is_no_picture_is_one_clear_sentence(nonsense, sentence):
    with pytest.raises(TypeError, match=sentence):
        prepare_picture(nonsense)


def test_a_folder_is_named_as_one(tmp_path):
    with pytest.raises(ValueError, match="is a folder; name the picture in it"):
        prepare_picture(tmp_path)


@pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("damage", ["none", "truncated", "several pictures in one file"])
def test_no_file_stays_open(tmp_path, damage):
    path, photo = tmp_path / "three.jpg", draw_photo(PHOTOS["plain"])
    if damage.startswith("several"):
        photo.save(path, format="MPO", save_all=True, append_images=[photo])
    else:
        photo.save(path)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:3000])
    with contextlib.suppress(ValueError):
        prepare_picture(path)
    gc.collect()
