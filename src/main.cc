#include "cli/cli.h"
#include "serve.h"

int main(int argc, char** argv) { return tessera::cli::run_cli(argc, argv, tessera::serve); }
