"""Computes crystals of the list and appends each to FOLDER/records_w{worker}.jsonl at once. It can be stopped and started
again at any time; several workers may run side by side, each on its own share of the list.

usage: python3 grow.py FOLDER WORKER WORKERS [--recipe 1] [--structures FILE ...] [--only ID ...] [--most N]
FOLDER/STOP ends it after the crystal in hand. Failures go to FOLDER/failures.jsonl and are not tried again."""
import quick_gpaw  # first: it keeps numpy's linear algebra to one thread

import argparse
import os
import signal
import time

from bundled import bundled_ids
from crystal_record import make_record
from electrons import SETTINGS, ground_state, recipe
from held_symmetry import HeldSymmetry
from jobs import all_jobs, first_jobs
from perturbed import displaced, scaled, strained
from relaxation import relaxation
from store import FIRST_STRUCTURES, append, chance, read_lines, reduced_formula, repair

HERE = os.path.dirname(os.path.abspath(__file__))


def committed(recipe_number):
    """Files beside this one: what was computed since the data set was built, and what failed."""
    if recipe_number == 1:
        return [f'{HERE}/failures.jsonl']
    return [f'{HERE}/../growing/records_w*.jsonl.gz', f'{HERE}/failures_recipe_2.jsonl']


FAR = 0.20
"""ln(V/V0) beyond which a cell on the way to the equilibrium is not worth a record"""
STILL_FINISHED = 0.06
"""ln(V/V0) up to which a finished structure of the first recipe stays as it is (the two recipes' pressures differ)"""


AT_REST = 0.05
"""eV/Angstrom: the largest force of a crystal whose coordinates were all free that counts as an equilibrium"""


class OutOfTime(Exception):
    pass


def out_of_time(*_):
    raise OutOfTime()


class Worker:
    def __init__(self, folder, number, recipe_number=2):
        self.folder, self.number, self.recipe = folder, number, recipe_number
        self.settings = recipe(recipe_number)
        self.txt = f'{folder}/scratch_w{number}.txt'
        self.records = f'{folder}/records_w{number}.jsonl'
        self.failures = f'{folder}/failures.jsonl'
        self.started = time.process_time()

    def before(self):
        """What the data set beside this folder holds, and what failed when it was made."""
        return bundled_ids(self.recipe) | {entry['structure_id'] for entry in read_lines(*committed(self.recipe))}

    def done(self):
        """The same with what the workers' files in this folder hold, and what failed here."""
        entries = read_lines(f'{self.folder}/records_w*.jsonl', self.failures)
        return self.before() | {entry['structure_id'] for entry in entries}

    def run(self, job, done):
        """Computes one job and what is derived from it; a failure costs nothing but itself."""
        self.started = time.process_time()
        try:
            signal.setitimer(signal.ITIMER_PROF, self.settings['time_limit_s'])
            self._compute(job, done)
        except OutOfTime:
            self._failed(job, 'time limit')
        except Exception as error:  # one crystal that GPAW cannot do must not stop the others
            self._failed(job, type(error).__name__, str(error))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _compute(self, job, done):
        atoms = job.build()
        step = self._equilibrium(job, atoms)
        pressure = step.ground.pressure
        if abs(pressure) > SETTINGS['pressure_reject_GPa']:
            self._failed(job, 'pressure', f'{pressure:.1f} GPa left')
            return
        kind = 'volume-relaxed' if job.whole and step.force > AT_REST else 'equilibrium'
        self._store(job, job.name, kind, step.ground, atoms, step.force)
        for suffix, kind, changed in variants(job, atoms) if self.settings['keep_imperfect'] else ():
            if f'{job.name}.{suffix}' not in done:
                same_symmetry = kind == 'volume'
                ground = ground_state(changed, self.settings, step.ground.magnetic, self.txt,
                                      step.ground if same_symmetry else None)
                force = 0.0 if same_symmetry else float(abs(ground.forces()).max())
                self._store(job, f'{job.name}.{suffix}', kind, ground, changed, force)

    def _equilibrium(self, job, atoms):
        """The last step of the relaxation. The first one, if it is off but not far off, is a record of its own."""
        symmetry = HeldSymmetry(atoms) if job.whole else None
        for count, step in enumerate(relaxation(atoms, self.settings, job.uniaxial, job.free, self.txt, symmetry)):
            if step.accepted or (job.finished and abs(step.log_volume) < STILL_FINISHED):
                return step
            if count == 0 and self.settings['keep_imperfect'] and abs(step.log_volume) < FAR:
                self._store(job, f'{job.name}.start', 'volume', step.ground, atoms, step.force)
        return step

    def _store(self, job, name, kind, ground, atoms, force):
        if job.prototype == 'rutile':  # its internal coordinate stays as it is: how far is it from where it should be?
            force = float(abs(ground.forces()).max())
        record = make_record(ground, atoms, self.settings, force, self.txt)
        append(self.records, dict(structure_id=name, prototype=job.prototype,
                                  formula=reduced_formula(atoms.get_chemical_symbols()), kind=kind, parent=job.name,
                                  recipe=self.recipe, seconds=self._seconds(), **record))

    def _failed(self, job, reason, message=''):
        append(self.failures, dict(structure_id=job.name, prototype=job.prototype, reason=reason, message=message[:200],
                                   seconds=self._seconds()))

    def _seconds(self):
        """Processor time since the job began."""
        return round(time.process_time() - self.started, 1)


def variants(job, atoms):
    """(suffix, kind, atoms) of the imperfect versions that a crystal gets: decided by its name alone."""
    name = job.name
    if job.finished and chance(name, 'volume') < 0.4:
        scale = (0.90, 0.94, 1.06, 1.12)[int(4 * chance(name, 'scale'))]
        yield f'v{round(100 * scale)}', 'volume', scaled(atoms, scale)
    if len(atoms) <= 3 and chance(name, 'strain') < 0.05:
        yield 'strain', 'strain', strained(atoms, name)
    if 2 <= len(atoms) <= 3 and chance(name, 'displaced') < 0.05:
        yield 'displaced', 'displaced', displaced(atoms, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder')
    parser.add_argument('worker', type=int)
    parser.add_argument('workers', type=int)
    parser.add_argument('--recipe', type=int, choices=(1, 2), default=2)
    parser.add_argument('--structures', nargs='*', default=[FIRST_STRUCTURES],
                        help='records whose cells are equilibria already')
    parser.add_argument('--only', nargs='*', help='ids of the crystals to compute, whichever worker they belong to')
    parser.add_argument('--most', type=int, default=10 ** 9, help='stop after so many crystals')
    options = parser.parse_args()
    signal.signal(signal.SIGPROF, out_of_time)
    os.makedirs(options.folder, exist_ok=True)
    worker = Worker(options.folder, options.worker, options.recipe)
    repair(worker.records)
    done = worker.done()
    jobs = first_jobs() if options.recipe == 1 else all_jobs(options.structures)
    mine = [job for job in jobs if job.name in options.only] if options.only else jobs[options.worker::options.workers]
    for job in [job for job in mine if job.name not in done][:options.most]:
        if os.path.exists(f'{options.folder}/STOP'):
            break
        worker.run(job, done)


if __name__ == '__main__':
    main()
