/** Whose exports can be read, as `--from` calls them. */
export const IMPORT_FORMATS = ['bitwarden', '1password', 'keepass'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];
