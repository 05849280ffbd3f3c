/** A place in a recipe. */
export type Path = readonly (string | number)[];

/** Tells of a problem, and of the word that was most likely meant. */
export type Report = (path: Path, message: string, suggestion?: string | null) => void;
