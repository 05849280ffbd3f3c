/** Of a payer's test system, with the separators that most use. */
export const ISA = 'ISA*00*          *00*          *ZZ*PAYER          *ZZ*PROVIDER       *310115*1200*^*00501*000000001*0*P*:~';
/** The segments of one payment; `bpr` are the elements of its first, `more` other segments. */
export const payment = (
  number: string,
  bpr = 'I*1234.5*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20310117',
  more: readonly string[] = [],
) => {
  const inside = [`BPR*${bpr}`, `TRN*1*${number}*1512345678`, ...more, 'N1*PR*SAMPLE PAYER', 'N1*PE*CLINIC*XX*1234567893', 'LX*1', 'CLP*1*1*200*150**12*C-1'];
  return ['ST*835*0001', ...inside, `SE*${inside.length + 2}*0001`];
};
/** An 835 of several payments; `newline` follows each segment. */
export const remittance = (transactions: readonly (readonly string[])[], newline = '') =>
  ISA +
  newline +
  ['GS*HP*PAYER*PROVIDER*20310115*1200*1*X*005010X221A1', ...transactions.flat(), `GE*${transactions.length}*1`, 'IEA*1*000000001']
    .map((one) => `${one}~${newline}`)
    .join('');
