/** Whose exports can be read, as `--from` calls them. */
const FILE_FORMATS = ['bitwarden', '1password', 'keepass'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];
/** All that `--from` takes: `secrets-manager` is no file, but AWS's store. */
export const IMPORT_FORMATS = [...FILE_FORMATS, 'secrets-manager'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];
