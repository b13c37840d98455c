/**
 * Numbers of a line as Fortran prints them: separated by blanks; an exponent of three digits may lack its E.
 *
 * @throws Error that quotes what is not a finite number ("****" is Fortran's overflow).
 */
export function fortranNumbers(text: string): number[] {
  const numbers: number[] = [];
  let from = -1;
  for (let i = 0; i <= text.length; i++) {
    const blank = i === text.length || text.charCodeAt(i) <= 32;
    if (blank && from >= 0) {
      numbers.push(fortranNumber(text.slice(from, i)));
      from = -1;
    } else if (!blank && from < 0) from = i;
  }
  return numbers;
}

/** One such number. @throws Error as {@link fortranNumbers}. */
export function fortranNumber(word: string): number {
  const value = Number(word);
  if (Number.isFinite(value) && word !== "") return value;
  const repaired = Number(word.replace(/^([-+]?\d*\.\d+)([-+]\d{3})$/, "$1E$2").replace(/[dD]/, "E"));
  if (Number.isFinite(repaired) && word !== "" && !/^[-+]?0[xob]/i.test(word)) return repaired;
  const why = word.includes("*") ? " (a number too wide for its column)" : "";
  throw new Error(`expected a number, found "${word.slice(0, 40)}"${why}`);
}
