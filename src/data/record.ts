import type { Crystal, Matrix3, Vector3 } from "../crystal/crystal.js";
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
  /** [N][3] forces on the atoms, Cartesian, eV/Angstrom; absent where the source does not give them. */
  readonly forces?: readonly Vector3[];
  /** [3][3] Cauchy stress, Cartesian, GPa; its trace is -3 times the pressure. Absent where the source gives only its diagonal. */
  readonly stress?: Matrix3;
  readonly properties: RecordProperties;
}

/** Everything else that a source says of a record: the known names with their units, and any others as they are. */
export interface RecordProperties {
  /** The structure type's name, or "sg" and the space group's number. */
  readonly prototype?: string | null;
  /**
   * "equilibrium"; or "volume", "strain", "displaced": a version off the equilibrium; or "volume-relaxed": an equilibrium of the
   * volume whose atoms still feel forces above 0.05 eV/Angstrom. Absent: an equilibrium.
   */
  readonly kind?: string | null;
  /** Id of the equilibrium that a version belongs to. */
  readonly parent?: string | null;
  /** Band gap, eV; 0 for a metal. */
  readonly gap_eV?: number | null;
  /** Zero of the energies on the calculation's own scale, eV: the valence-band maximum if there is a gap, else the Fermi level. */
  readonly efermi_eV?: number | null;
  /** Total energy, eV/atom. */
  readonly energy_per_atom_eV?: number | null;
  /** Plane-wave cut-off to which the energy belongs, eV: energies compare at one cut-off. */
  readonly energy_ecut_eV?: number | null;
  /** Formation energy from the elements, eV/atom. */
  readonly formation_energy_eV_per_atom?: number | null;
  /** Plane-wave cut-off of the calculation, eV. */
  readonly ecut_eV?: number | null;
  /** Pressure, GPa; positive: the cell wants to expand. */
  readonly pressure_GPa?: number | null;
  /** Diagonal of the stress, GPa: xx. */
  readonly stress_GPa_0?: number | null;
  /** Diagonal of the stress, GPa: yy. */
  readonly stress_GPa_1?: number | null;
  /** Diagonal of the stress, GPa: zz. */
  readonly stress_GPa_2?: number | null;
  /** Largest component of a force on a free coordinate, eV/Angstrom. */
  readonly fmax_eV_A?: number | null;
  /** Magnetic moment of the cell, Bohr magnetons. */
  readonly magmom_muB?: number | null;
  /** Share of the occupied states inside the PAW spheres. */
  readonly captured_fraction?: number | null;
  /** Energy up to which no state is missing, eV from the zero. */
  readonly emax_complete_eV?: number | null;
  /** Valence electrons in the cell. */
  readonly n_electrons?: number | null;
  readonly [name: string]: string | number | null | undefined;
}

/** Known properties that are texts. */
export const textProperties: ReadonlySet<string> = new Set(["prototype", "kind", "parent"]);

/** Known properties that are numbers. */
export const numericProperties: ReadonlySet<string> = new Set([
  ...["gap_eV", "efermi_eV", "energy_per_atom_eV", "energy_ecut_eV", "formation_energy_eV_per_atom", "ecut_eV"],
  ...["pressure_GPa", "stress_GPa_0", "stress_GPa_1", "stress_GPa_2", "fmax_eV_A", "magmom_muB"],
  ...["captured_fraction", "emax_complete_eV", "n_electrons"],
]);
