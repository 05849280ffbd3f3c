/** Puts a fault into this process, by name. */
export async function plant(name: string): Promise<void> {
  throw new Error(`There is no planted fault ${name}.`);
}
