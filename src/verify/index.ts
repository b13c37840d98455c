export { folderCache, verificationKey } from "./cache.js";
export type { VerificationCache } from "./cache.js";
export { findCode } from "./codes.js";
export type { CodeName } from "./codes.js";
export { convexHull } from "./hull.js";
export type { Hull, HullAnswer, Phase } from "./hull.js";
export type { DoneVerification, FailedVerification, FailureReason, Relaxation, Verification } from "./verification.js";
export { verify } from "./verify.js";
export type { VerifyOptions } from "./verify.js";
