package dev.sluice.net;

import io.netty.channel.ChannelFactory;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/** How sockets are waited for: by epoll where there is a build of it for this machine, else by the JDK's selector. */
record Transport(
        IoHandlerFactory handlers, ChannelFactory<SocketChannel> sockets, ChannelFactory<ServerChannel> listeners) {

    static Transport best() {
        return Epoll.isAvailable()
                ? new Transport(EpollIoHandler.newFactory(), EpollSocketChannel::new, EpollServerSocketChannel::new)
                : new Transport(NioIoHandler.newFactory(), NioSocketChannel::new, NioServerSocketChannel::new);
    }
}
