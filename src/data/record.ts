import type { Crystal } from "../crystal/crystal.js";
import type { SiteDos } from "../dos/spectra.js";

/** One entry of a data set: a crystal, its site-projected DOS and where it comes from. */
export interface DosRecord {
  readonly id: string;
  /** Reduced formula, elements in alphabetical order ("AlNi3"). The split goes by it. */
  readonly formula: string;
  readonly crystal: Crystal;
  /** y: DOS inside the PAW spheres, states/eV/atom. */
  readonly siteDos: SiteDos;
  /** y_voronoi: an exact partition; its sum over sites is the total DOS. Absent in data from elsewhere. */
  readonly voronoiDos?: SiteDos;
  /** Everything else that the source said (prototype, gap_eV, efermi_eV, energy_per_atom_eV, ...). */
  readonly properties: Readonly<Record<string, string | number | null>>;
}
