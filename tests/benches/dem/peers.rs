//! Other codes on the same case, where they are installed: LAMMPS by its Python module, LIGGGHTS by its program. Each runs
//! in a process of its own and tells its speed without its start.

use super::Rate;
use linetwin_tests::dense_hopper::{FUNNEL, MANTLE, SIDES};
use std::path::Path;
use std::process::Command;

/// Programs, which the environment may name otherwise.
fn program(variable: &str, usual: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.to_string())
}

fn output_of(mut command: Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or("no message").to_string();
        return Err(format!("{name}: {text}"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `LINETWIN_PYTHON` (python3) must have the module `lammps`, and for two ranks `mpi4py`, which `LINETWIN_MPIEXEC`
/// (mpiexec) starts.
pub fn lammps(state: &Path, steps: usize, ranks: usize) -> Result<Rate, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/dem/case_lammps.py");
    let python = program("LINETWIN_PYTHON", "python3");
    let mut command = match ranks {
        1 => Command::new(&python),
        _ => {
            let mut command = Command::new(program("LINETWIN_MPIEXEC", "mpiexec"));
            command.args(["-n", &ranks.to_string(), &python]);
            command
        }
    };
    command.env("OMP_NUM_THREADS", "1").arg(script).arg(state).arg(steps.to_string());
    let text = output_of(command)?;
    let line = text.lines().find_map(|line| line.strip_prefix("particle-steps per second "));
    let numbers: Vec<f64> = line.unwrap_or_default().split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [wall, cpu] = numbers[..] else { return Err(format!("LAMMPS said nothing that is known: {text}")) };
    Ok(Rate { wall, cpu })
}

/// `LINETWIN_LIGGGHTS` (liggghts), started for two ranks by `LINETWIN_LIGGGHTS_MPIEXEC` (mpirun.openmpi). Processor time
/// is that of all ranks, less that of a run of one step.
pub fn liggghts(spheres: &[[f64; 6]], steps: usize, ranks: usize, folder: &Path) -> Result<Rate, String> {
    write_case(spheres, folder).map_err(|error| error.to_string())?;
    let run = |steps: usize| -> Result<(String, f64), String> {
        let input = input(steps, ranks);
        std::fs::write(folder.join("in.case"), input).map_err(|error| error.to_string())?;
        let name = program("LINETWIN_LIGGGHTS", "liggghts");
        let mut command = match ranks {
            1 => Command::new(&name),
            _ => {
                let mut command = Command::new(program("LINETWIN_LIGGGHTS_MPIEXEC", "mpirun.openmpi"));
                command.args(["--allow-run-as-root", "--oversubscribe", "-np", &ranks.to_string(), &name]);
                command
            }
        };
        command.current_dir(folder).env("OMP_NUM_THREADS", "1").args(["-in", "in.case"]);
        let before = children_cpu_s();
        let text = output_of(command)?;
        Ok((text, children_cpu_s() - before))
    };
    let (_, start_s) = run(1)?;
    let (text, all_s) = run(steps)?;
    let mut loops = text.lines().filter_map(|line| line.strip_prefix("Loop time of ")?.split(' ').next()?.parse::<f64>().ok());
    let wall_s = loops.next_back().ok_or("LIGGGHTS told no loop time")?;
    let particle_steps = (spheres.len() * steps) as f64;
    Ok(Rate { wall: particle_steps / wall_s, cpu: particle_steps / (all_s - start_s) })
}

/// Processor time of processes that this one has waited for [s], from Linux's `/proc`, in hundredths.
fn children_cpu_s() -> f64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return f64::NAN };
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    [13, 14].iter().map(|&field| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(f64::NAN)).sum::<f64>() / 100.0
}

fn write_case(spheres: &[[f64; 6]], folder: &Path) -> std::io::Result<()> {
    let mut data =
        format!("bench\n\n{} atoms\n1 atom types\n\n-0.3 0.3 xlo xhi\n-0.3 0.3 ylo yhi\n-1.5 1.2 zlo zhi\n\nAtoms\n\n", spheres.len());
    for (index, [x, y, z, ..]) in spheres.iter().enumerate() {
        data.push_str(&format!("{} 1 0.01 2500 {x} {y} {z}\n", index + 1));
    }
    data.push_str("\nVelocities\n\n");
    for (index, [.., vx, vy, vz]) in spheres.iter().enumerate() {
        data.push_str(&format!("{} {vx} {vy} {vz} 0 0 0\n", index + 1));
    }
    std::fs::write(folder.join("data.case"), data)?;
    for (name, [from_radius, from_z, to_radius, to_z]) in [("funnel", FUNNEL), ("mantle", MANTLE)] {
        let mut text = "solid wall\n".to_string();
        let point = |radius: f64, z: f64, side: u32| {
            let angle = std::f64::consts::TAU * f64::from(side) / f64::from(SIDES);
            format!("vertex {:.9} {:.9} {z}\n", radius * angle.cos(), radius * angle.sin())
        };
        for side in 0..SIDES {
            let [a, b] = [side, side + 1].map(|side| point(from_radius, from_z, side));
            let [c, d] = [side, side + 1].map(|side| point(to_radius, to_z, side));
            for [p, q, r] in [[&a, &b, &d], [&a, &d, &c]] {
                text.push_str(&format!("facet normal 0 0 0\nouter loop\n{p}{q}{r}endloop\nendfacet\n"));
            }
        }
        text.push_str("endsolid wall\n");
        std::fs::write(folder.join(format!("{name}.stl")), text)?;
    }
    Ok(())
}

fn input(steps: usize, ranks: usize) -> String {
    format!(
        "atom_style granular\natom_modify map array\nboundary f f f\nnewton off\ncommunicate single vel yes\nunits si
processors {ranks} 1 1\nread_data data.case\nneighbor 0.001 bin\nneigh_modify delay 0 every 1 check yes
fix m1 all property/global youngsModulus peratomtype 5.e6
fix m2 all property/global poissonsRatio peratomtype 0.3
fix m3 all property/global coefficientRestitution peratomtypepair 1 0.5
fix m4 all property/global coefficientFriction peratomtypepair 1 0.5
fix m5 all property/global characteristicVelocity scalar 1.
pair_style gran model hertz tangential history\npair_coeff * *\ntimestep 5e-5
fix gravity all gravity 9.81 vector 0.0 0.0 -1.0
fix funnel all mesh/surface file funnel.stl type 1\nfix mantle all mesh/surface file mantle.stl type 1
fix walls all wall/gran model hertz tangential history mesh n_meshes 2 meshes funnel mantle
fix motion all nve/sphere\nthermo {steps}\nthermo_modify lost ignore\nrun {steps}\n"
    )
}
