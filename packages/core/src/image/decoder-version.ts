/**
 * Rises when the decoders give other pixels for some file, so that features of the old pixels are not used again; a
 * model's image rule stays as it is.
 *
 * 2: CMYK without a profile goes by Pillow's formula (1: by libvips's built-in profile of printer's inks).
 */
export const DECODER_VERSION = 2;
