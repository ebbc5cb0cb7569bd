/**
 * What made pixels of an image file's bytes; in every feature's key, so that two decoders' pixels never share an entry. A number is
 * a version of sharp's (`DECODER_VERSION`; also what caches of an older graft say), all others have names: "canvas-1".
 */
export type DecoderId = typeof DECODER_VERSION | `${string}-${number}`;

/**
 * Of sharp's decoder. Rises when the decoders give other pixels for some file, so that features of the old pixels are not used again; a
 * model's image rule stays as it is.
 *
 * - 2: CMYK without a profile goes by Pillow's formula (1: by libvips's built-in profile of printer's inks).
 * - 3: Netpbm; 16- and 32-bit numbers by `valueRange`'s rule; bands of a TIFF that are no alpha are left aside; JPEGs at
 *   which libjpeg only grumbles. 8-bit pixels of all other files are those of 2.
 */
export const DECODER_VERSION = 3;
