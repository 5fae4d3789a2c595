from .distortions import add_noise, photograph, random_offsets, rotate_images, scale_images, shift_images
from .drawings import CANVAS_SIZE, STYLES, Drawing, random_drawing, smooth
from .framing import BOX_SIZE, Grey, centre_in_frame, crop_to_ink, fit_to_box, prepare_drawing
from .handwriting import write_digits
from .ink import ink_threshold, otsu_threshold, remove_paper, to_ink
from .kinds import KINDS
from .own_pictures import OwnPictures, read_folder
from .photo import PreparedPicture, prepare_picture, to_grey
from .samples import SAMPLES, Photo, draw_photo, sample_pictures, write_samples
from .scrawls import SCRAWLS, draw_scrawls

__all__ = [
    "BOX_SIZE",
    "CANVAS_SIZE",
    "KINDS",
    "SAMPLES",
    "SCRAWLS",
    "STYLES",
    "Drawing",
    "Grey",
    "OwnPictures",
    "Photo",
    "PreparedPicture",
    "add_noise",
    "centre_in_frame",
    "crop_to_ink",
    "draw_photo",
    "draw_scrawls",
    "fit_to_box",
    "ink_threshold",
    "otsu_threshold",
    "photograph",
    "prepare_drawing",
    "prepare_picture",
    "random_drawing",
    "random_offsets",
    "read_folder",
    "remove_paper",
    "rotate_images",
    "sample_pictures",
    "scale_images",
    "shift_images",
    "smooth",
    "to_grey",
    "to_ink",
    "write_digits",
    "write_samples",
]
