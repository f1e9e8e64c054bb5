#include "layers/copy.hpp"

#include "kernels/add.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {

void Copy::run(const RunArgs& args) const {
  if (args.in(0).raw() == args.out().raw() && args.write() == Write::assign) return;
  dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
    kernels::copy<T>(device, args.in(0).span<T>(), args.out().span<T>(), args.write());
  });
}

}  // namespace fpanet
