/** A resolver that answers as it is told, and counts. The last answer of a name is given from then on. */
export class Resolver {
  readonly asked: string[] = [];
  readonly #answers: Record<string, string[][]>;
  constructor(answers: Record<string, string[][]>) {
    this.#answers = answers;
  }
  readonly lookup = async (name: string) => {
    this.asked.push(name);
    const answers = this.#answers[name] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (!answer) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
}

/** Of a part of the public space that IANA has not given out: a connection to it reaches nobody. */
export const ELSEWHERE = '2d00::1';
