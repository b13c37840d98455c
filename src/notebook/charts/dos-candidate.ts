import { matchDos, type SiteDos, type Target } from "../../dos/index.js";
import type { DosCandidate } from "./dos-panels.js";

/**
 * A spectrum as a candidate of `dosChart`: each of its sites stands with the target site that it is paired with in
 * `matchDos`; sites that a mask leaves over stand with the masked ones.
 *
 * @throws Error when the target's sites are known and the candidate has another number of them.
 */
export function dosCandidate(name: string, predicted: SiteDos, target: Target): DosCandidate {
  if (!target.siteDos) return { name, predicted };
  const { siteCount } = target.siteDos;
  const { pairing } = matchDos({ siteDos: predicted }, target, []);
  if (!pairing || predicted.siteCount !== siteCount)
    throw new Error(`candidate "${name}": expected ${siteCount} sites as in the target, found ${predicted.siteCount}`);
  const sites = Array.from({ length: siteCount }, (_, site) => site);
  const counted = sites.filter((site) => target.siteMask?.[site] ?? true);
  const free = sites.filter((site) => !counted.includes(site));
  const answers = sites.map((site) => counted[pairing.indexOf(site)] ?? free.shift()!);
  return { name, predicted, pairing: answers };
}
