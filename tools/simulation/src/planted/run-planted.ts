export async function runPlanted(_options: { readonly json: boolean; readonly say: (line: string) => void }): Promise<number> {
  return 1;
}
