/** Extrema of the bands, collected while they are read: per spin and band, over all k-points. */
export class BandExtrema {
  private readonly spins: Band[][] = [];
  /** Lowest energy of the highest computed band: below it no state is missing. */
  completeTo = Infinity;
  private top = -Infinity;

  /** A state in the order of the file: for every k-point of a spin, its bands rising. */
  add(spin: number, band: number, energy: number, occupation: number): void {
    const bands = (this.spins[spin] ??= []);
    const known = (bands[band] ??= {
      lowest: Infinity,
      highest: -Infinity,
      leastFilled: Infinity,
      mostFilled: -Infinity,
    });
    known.lowest = Math.min(known.lowest, energy);
    known.highest = Math.max(known.highest, energy);
    known.leastFilled = Math.min(known.leastFilled, occupation);
    known.mostFilled = Math.max(known.mostFilled, occupation);
    this.top = energy;
  }

  endOfKPoint(): void {
    if (this.top > -Infinity) this.completeTo = Math.min(this.completeTo, this.top);
    this.top = -Infinity;
  }

  get empty(): boolean {
    return this.spins.length === 0;
  }

  /**
   * Valence-band maximum, eV on the file's scale: there is one when every band is filled or empty at all k-points and the
   * gap is at least 0.05 eV (the data set's rule); null for a metal.
   */
  valenceBandMaximum(): number | null {
    const bands = this.spins.flat();
    // Occupations go to 1 for each spin; some programs write 2 without spin.
    const full = Math.max(...bands.map(({ mostFilled }) => mostFilled)) > 1.5 ? 2 : 1;
    const filled = bands.filter(({ leastFilled }) => leastFilled > 0.9 * full);
    const empty = bands.filter(({ mostFilled }) => mostFilled < 0.1 * full);
    if (filled.length + empty.length < bands.length || filled.length === 0 || empty.length === 0) return null;
    const top = Math.max(...filled.map(({ highest }) => highest));
    const bottom = Math.min(...empty.map(({ lowest }) => lowest));
    return bottom - top >= 0.05 ? top : null;
  }
}

interface Band {
  lowest: number;
  highest: number;
  leastFilled: number;
  mostFilled: number;
}
