import type { Crystal } from "../crystal/index.js";
import type { DosRecord } from "../data/index.js";

/** What a calculation may move before the DOS is taken. */
export type Relaxation = "none" | "volume" | "cell-and-positions";

/** All of {@link FailureReason}. */
export const failureReasons = [
  "bad-structure",
  "no-setup",
  "not-converged",
  "not-relaxed",
  "time-limit",
  "out-of-memory",
  "crashed",
  "error",
] as const;

/** Why a crystal has no result. */
export type FailureReason = (typeof failureReasons)[number];

/** The outcome of a first-principles calculation of one crystal: a record like those of the data set, or the reason for failure. */
export type Verification = DoneVerification | FailedVerification;

interface Asked {
  /** Place in the list that was given. */
  readonly index: number;
  /** As it was given. */
  readonly crystal: Crystal;
  /** Wall time of the calculation; 0 where the result was in the cache. */
  readonly seconds: number;
}

/** A finished calculation and what it found. */
export interface DoneVerification extends Asked {
  readonly status: "done";
  /**
   * The crystal as computed (symmetrised, relaxed if that was asked for), its site-projected DOS, and in `properties`
   * gap_eV, efermi_eV, energy_per_atom_eV, pressure_GPa and fmax_eV_A.
   */
  readonly record: DosRecord;
  readonly cached: boolean;
}

/** A calculation without a result, and why. */
export interface FailedVerification extends Asked {
  readonly status: "failed";
  readonly reason: FailureReason;
  readonly message: string;
}
