mod listen;
mod state_dir;
